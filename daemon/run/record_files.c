/* record_files: reading them, and what changed. */
#include "run/record_files.h"

#include "base/mem.h"
#include "text/json_write.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The largest that is read is a file of holidays, 4 MiB; one that is larger has the digest of its beginning. */
#define FILE_MOST ((size_t)64 << 20)

/* ---- reading ---- */

static void read_all(int fd, struct buffer *bytes)
{
	ssize_t got;
	buffer_clear(bytes);
	while (bytes->length < FILE_MOST && (got = read(fd, buffer_room(bytes, 65536), 65536)) > 0)
		bytes->length += (size_t)got;
}

struct adding {
	struct record_files *files;
	bool bytes; /* are read */
};

static void add_file(const struct adding *adding, const char *part, const char *name, const char *path)
{
	struct record_files *files = adding->files;
	struct stat found;
	struct buffer bytes = {0}, called = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || (fstat(fd, &found) == 0 && S_ISREG(found.st_mode))) {
		struct record_file *file = mem_push((void **)&files->items, &files->count, &files->room, sizeof *file);
		if (fd >= 0 && adding->bytes)
			read_all(fd, &bytes);
		buffer_format(&called, "%s%s%s", part, *name ? "/" : "", name);
		*file = (struct record_file){.name = mem_copy_text(called.at, called.length)};
		if (adding->bytes)
			file->digest = digest_sha256(buffer_view(&bytes));
		if (fd >= 0) {
			file->owner = (unsigned)found.st_uid;
			file->inode = found.st_ino;
			file->changed = (instant)found.st_ctim.tv_sec * SECOND + found.st_ctim.tv_nsec / 1000;
		}
	}
	if (fd >= 0)
		(void)close(fd);
	buffer_free(&bytes);
	buffer_free(&called);
}

static int is_named(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void add_directory(const struct adding *adding, const char *part, const char *directory)
{
	struct dirent **entries;
	struct buffer path = {0};
	int count = directory ? scandir(directory, &entries, is_named, alphasort) : -1;
	for (int i = 0; i < count; i++) {
		buffer_clear(&path);
		buffer_format(&path, "%s/%s", directory, entries[i]->d_name);
		add_file(adding, part, entries[i]->d_name, buffer_cstr(&path));
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	buffer_free(&path);
}

/* Of files that lie anywhere, by their own names: a path says where the council's things are. */
static void add_rotas(const struct adding *adding, const struct directory *directory)
{
	for (size_t i = 0; i < directory->role_count; i++) {
		const char *path = directory->roles[i].rota, *slash = path ? strrchr(path, '/') : NULL;
		bool again = false;
		for (size_t k = 0; path && k < i; k++)
			again = again || (directory->roles[k].rota && strcmp(directory->roles[k].rota, path) == 0);
		if (path && !again)
			add_file(adding, "rotas", slash ? slash + 1 : path, path);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct record_file *)a)->name, ((const struct record_file *)b)->name);
}

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name), tail = strlen(ending);
	return length > tail && strcmp(name + length - tail, ending) == 0;
}

/* Passwords, keys and certificates, by the names of their options: nobody reads them here. */
static void add_secrets(const struct config *config, const struct adding *adding)
{
	size_t count;
	const struct config_option *options = config_options(&count);
	for (size_t i = 0; i < count; i++) {
		bool names_file = options[i].kind == CONFIG_SECRET ||
		                  (options[i].kind == CONFIG_PATH && ends_with(options[i].name, "-file"));
		const char *path = names_file ? config_text(config, options[i].name) : NULL;
		if (path)
			add_file(adding, "option", options[i].name, path);
	}
}

static void add_all(const struct config *config, const struct adding *adding)
{
	struct record_files *files = adding->files;
	*files = (struct record_files){0};
	add_file(adding, "configuration", "", config->path);
	if (config->directory_file)
		add_file(adding, "directory", "", config->directory_file);
	if (config->directory)
		add_rotas(adding, config->directory);
	if (config->calendar_file)
		add_file(adding, "calendar", "", config->calendar_file);
	add_directory(adding, "rules", config->rules_dir);
	add_directory(adding, "templates", config->templates_dir);
	add_directory(adding, "lists", config->lists_dir);
	if (!adding->bytes)
		add_secrets(config, adding);
	if (files->count)
		qsort(files->items, files->count, sizeof *files->items, by_name);
}

void record_files_read(const struct config *config, struct record_files *files)
{
	add_all(config, &(struct adding){files, true});
}

void record_files_stand(const struct config *config, struct record_files *files)
{
	add_all(config, &(struct adding){files, false});
}

void record_files_free(struct record_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].name);
	free(files->items);
	*files = (struct record_files){0};
}

/* ---- comparing ---- */

const char *record_files_youngest(const struct record_files *files, instant since)
{
	const struct record_file *youngest = NULL;
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].changed >= since && (!youngest || files->items[i].changed > youngest->changed))
			youngest = &files->items[i];
	return youngest ? youngest->name : NULL;
}

static const struct record_file *find_file(const struct record_files *files, const char *name)
{
	const struct record_file wanted = {.name = (char *)(uintptr_t)name};
	return files->count ? bsearch(&wanted, files->items, files->count, sizeof wanted, by_name) : NULL;
}

static bool same_bytes(const struct record_file *a, const struct record_file *b)
{
	return memcmp(&a->digest, &b->digest, sizeof a->digest) == 0;
}

bool record_files_untouched(const struct record_files *a, const struct record_files *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++) {
		const struct record_file *x = &a->items[i], *y = &b->items[i];
		same = strcmp(x->name, y->name) == 0 && x->changed == y->changed && x->inode == y->inode;
	}
	return same;
}

bool record_files_same(const struct record_files *a, const struct record_files *b)
{
	bool same = record_files_untouched(a, b);
	for (size_t i = 0; same && i < a->count; i++)
		same = same_bytes(&a->items[i], &b->items[i]);
	return same;
}

static size_t name_missing(const struct record_files *from, const struct record_files *in, const char *what,
                           size_t named, struct buffer *out)
{
	for (size_t i = 0; i < from->count; i++)
		if (!find_file(in, from->items[i].name))
			buffer_format(out, "%s%s (%s)", named++ ? ", " : "", from->items[i].name, what);
	return named;
}

size_t record_files_differences(const struct record_files *before, const struct record_files *now, struct buffer *out)
{
	size_t named = 0;
	for (size_t i = 0; i < now->count; i++) {
		const struct record_file *old = find_file(before, now->items[i].name);
		if (old && !same_bytes(old, &now->items[i]))
			buffer_format(out, "%s%s", named++ ? ", " : "", now->items[i].name);
	}
	named = name_missing(now, before, "new", named, out);
	return name_missing(before, now, "gone", named, out);
}

static void put_line(const struct record_file *file, struct buffer *out)
{
	digest_put_hex(digest_view(&file->digest), out);
	buffer_format(out, " %s\n", file->name);
}

void record_files_known(const struct record_files *files, struct buffer *out)
{
	for (size_t i = 0; i < files->count; i++)
		put_line(&files->items[i], out);
}

static bool has_line(struct text lines, struct text line)
{
	while (lines.length) {
		const char *end = memchr(lines.at, '\n', lines.length);
		size_t length = end ? (size_t)(end - lines.at) + 1 : lines.length;
		if (text_equal((struct text){lines.at, length}, line))
			return true;
		lines = (struct text){lines.at + length, lines.length - length};
	}
	return false;
}

static bool is_as_before(const struct record_file *file, struct text before)
{
	struct buffer line = {0};
	put_line(file, &line);
	bool same = has_line(before, buffer_view(&line));
	buffer_free(&line);
	return same;
}

static void put_owner(struct json_writer *json, unsigned owner)
{
	const struct passwd *user = getpwuid(owner);
	if (user)
		json_put_string(json, "owner", user->pw_name);
	else
		json_put_integer(json, "owner", owner);
}

static void put_file(struct json_writer *json, const struct record_file *file, instant loading)
{
	struct buffer hex = {0};
	digest_put_hex(digest_view(&file->digest), &hex);
	json_object(json);
	json_put_string(json, "file", file->name);
	json_put_text(json, "sha256", buffer_view(&hex));
	if (file->changed) {
		put_owner(json, file->owner);
		json_put_instant(json, "changed", file->changed);
		if (file->changed >= loading) /* what was loaded may have been the bytes before */
			json_put_bool(json, "while_loading", true);
	} else {
		json_put_bool(json, "unreadable", true);
	}
	json_object_end(json);
	buffer_free(&hex);
}

static void put_changed(struct json_writer *json, const struct record_files *files, struct text before, instant loading)
{
	json_key(json, "changed");
	json_array(json);
	for (size_t i = 0; i < files->count; i++)
		if (!is_as_before(&files->items[i], before))
			put_file(json, &files->items[i], loading);
	json_array_end(json);
}

#define HEX ((size_t)2 * DIGEST_BYTES)

static void put_gone(struct json_writer *json, const struct record_files *files, struct text before)
{
	json_key(json, "gone");
	json_array(json);
	while (before.length) {
		const char *end = memchr(before.at, '\n', before.length);
		size_t length = end ? (size_t)(end - before.at) : before.length;
		struct text name = {before.at + HEX + 1, length > HEX + 1 ? length - HEX - 1 : 0};
		bool there = !name.length;
		for (size_t i = 0; !there && i < files->count; i++)
			there = text_equal(text_of(files->items[i].name), name);
		if (!there)
			json_text(json, name);
		length += end != NULL;
		before = (struct text){before.at + length, before.length - length};
	}
	json_array_end(json);
}

/* The SHA-256 of a part's lines. */
static void put_part(struct json_writer *json, const struct record_files *files, const char *part)
{
	struct buffer lines = {0}, hex = {0};
	size_t length = strlen(part);
	for (size_t i = 0; i < files->count; i++)
		if (strncmp(files->items[i].name, part, length) == 0 &&
		    (files->items[i].name[length] == '/' || !files->items[i].name[length]))
			put_line(&files->items[i], &lines);
	struct digest digest = digest_sha256(buffer_view(&lines));
	digest_put_hex(digest_view(&digest), &hex);
	json_put_text(json, part, buffer_view(&hex));
	buffer_free(&lines);
	buffer_free(&hex);
}

void record_files_detail(const struct record_files *files, struct text before, instant loading, struct buffer *out)
{
	static const char *const parts[] = {"configuration", "directory", "rotas", "calendar",
	                                    "rules",         "templates", "lists"};
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		put_part(&json, files, parts[i]);
	put_changed(&json, files, before, loading);
	put_gone(&json, files, before);
	json_object_end(&json);
}
