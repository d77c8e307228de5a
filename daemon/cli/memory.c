/* memory: how much the daemon may need, for systemd's MemoryMax=. */
#include "cli/opened.h"

#include "config/councils.h"
#include "store/store.h"
#include "web/web.h"

#include <sys/stat.h>

#define MIB ((int64_t)1 << 20)

/* What does not grow with the configuration, at its most: the libraries and their threads, rules and templates twice
 * while they are read anew, messages in the hands of the courier's three lines (16 MiB each), a list as it is made, the
 * pages of one database. */
#define AT_REST (512 * MIB)
/* The indexes of events in memory are 12 bytes an event (docs/performance.md), and an event takes more than 300 bytes
 * of the database; the rest of the share is room for what reads much of it at once. */
#define SHARE_OF_DATABASE 8

static int64_t file_bytes(const char *path, const char *ending)
{
	struct buffer name = {0};
	struct stat file;
	buffer_format(&name, "%s%s", path, ending);
	int64_t bytes = stat(buffer_cstr(&name), &file) == 0 ? file.st_size : 0;
	buffer_free(&name);
	return bytes;
}

/* Twice what is set: for the room that an allocator leaves between what is kept and what was let go. */
static int64_t council_bytes(const struct config *config)
{
	int64_t cache = (int64_t)config->cache_mbytes * MIB;
	int64_t ahead = (int64_t)(config->prefetch_kbytes + config->ring_batches * config->batch_kbytes) * 1024;
	int64_t stored = file_bytes(config->database, "") + file_bytes(config->database, "-wal");
	return 2 * (cache + ahead) + stored / SHARE_OF_DATABASE;
}

/* That keep a database open to read it, with half a part each: those who make pages, and what metrics ask. */
#define READERS (WEB_THREADS + 1)

static int64_t pages_of(size_t count)
{
	return (int64_t)(count * (2 + READERS) * store_page_cache(count) / 2);
}

/* Pages of the databases, beyond those of one. */
static int64_t page_bytes(size_t count)
{
	return count ? pages_of(count) - pages_of(1) : 0;
}

/* Of all councils of the process. False: one of them cannot be read, and was said to be so. */
static bool add_up(struct cli *cli, const struct config_councils *councils, int64_t *most, size_t *cache)
{
	bool good = true;
	size_t written = 0;
	for (size_t i = 0; i < councils->count; i++) {
		struct config_faults faults = {0};
		if (councils->items[i].off)
			continue;
		struct config *config = config_load_partly(councils->items[i].path, &faults);
		if (!config)
			cli_print_faults(cli->err, &faults);
		good = good && config;
		written++;
		*most += config ? council_bytes(config) : 0;
		*cache += config ? config->cache_mbytes : 0;
		config_faults_free(&faults);
		config_free(config);
	}
	*most += page_bytes(written);
	return good;
}

static void print_bytes(struct cli *cli, int64_t most, size_t cache)
{
	struct buffer out = {0};
	if (cli->json) {
		struct json_writer json = json_writer_on(&out);
		json_object(&json);
		json_put_integer(&json, "bytes", most);
		json_put_integer(&json, "cache_megabytes", (int64_t)cache);
		json_object_end(&json);
		cli_print_json(cli, &out);
	} else if (cli_value(cli, "bytes")) {
		buffer_format(&out, "%lld\n", (long long)most);
		cli_print(cli, &out);
	} else {
		buffer_format(&out,
		              "%lld MiB at most, with limits.cache-megabytes of %zu; the unit sets MemoryMax to it "
		              "when it starts.\n",
		              (long long)((most + MIB - 1) / MIB), cache);
		cli_print(cli, &out);
	}
}

static enum cli_status run_memory(struct cli *cli)
{
	struct config_faults faults = {0};
	struct config_councils councils;
	int64_t most = AT_REST;
	size_t cache = 0;
	bool good = config_councils_read(cli->config, &councils, &faults);
	if (!good)
		cli_print_faults(cli->err, &faults);
	good = good && add_up(cli, &councils, &most, &cache);
	config_faults_free(&faults);
	config_councils_free(&councils);
	if (!good)
		return CLI_WRONG;
	print_bytes(cli, most, cache);
	return CLI_FINE;
}

static const struct cli_option options[] = {
	{"bytes", NULL, "print the number of bytes and nothing else"},
	{NULL, NULL, NULL},
};

const struct cli_command cli_memory = {
	.name = "memory",
	.usage = "",
	.summary = "how much memory the daemon may need, for systemd's MemoryMax",
	.help = "Reckons it from limits.cache-megabytes, what is fetched ahead, and the size of the database:\n"
		"512 MiB, twice the first two, and an eighth of the database; of several councils their sum and 512\n"
		"MiB once, and the cache of pages, which all of them share: 80 MiB for each beyond the first, 560 for\n"
		"eight and more. The unit does so at each start and\n"
		"raises the limit at a reload. Beyond it the daemon is ended and started again; nothing is lost.\n",
	.options = options,
	.run = run_memory,
};
