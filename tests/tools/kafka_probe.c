/* kafka_probe: the Kafka source alone, with a file for a store; prints what it took, so that tests can look.
 *
 *	kafka_probe --store FILE --group GROUP [--instance NAME] [--password-file FILE] [-X NAME=VALUE]... TOPIC...
 *	  --on-lost earliest   go on where the log begins
 *	  --start latest       a partition never read begins at its end
 *	  --batch-events N     --ring N     --prefetch KBYTES
 *	  --hold N             the first N times a batch is not committed but held
 *	  --positions-fail N   the store fails the first N questions
 *	  --count              print figures a second instead of events
 * Lines: "event POSITION NEXT accepted|refused ID-OR-REASON", "report NAME STATE SENTENCE", "settled", "batch COUNT",
 * "log LEVEL LINE".
 * Commands on standard input: "hold" (take nothing), "go", "lag" ("lag POSITION STATE NEXT END LAG all|some|nothing",
 * the last how far clocks may run; then "lag-end"), "memory"; its end stops the source:
 * "closed clean|left MILLISECONDS". */
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "source/kafka/kafka.h"

struct kept {
	char *name;
	int64_t next;
	uint64_t fingerprint;
};

struct probe {
	struct source *source;
	const char *store;
	struct kept *kept;
	size_t kept_count, kept_room;
	int hold_first, positions_fail;
	bool hold, settled, count;
	unsigned long long events;
	instant began;
};

static void load(struct probe *probe)
{
	char name[512];
	int64_t next;
	uint64_t fingerprint;
	FILE *file = fopen(probe->store, "r");
	if (!file)
		return;
	while (fscanf(file, "%511s %" SCNd64 " %" SCNx64, name, &next, &fingerprint) == 3) {
		struct kept *kept =
			mem_push((void **)&probe->kept, &probe->kept_count, &probe->kept_room, sizeof *probe->kept);
		*kept = (struct kept){mem_copy_text(name, strlen(name)), next, fingerprint};
	}
	(void)fclose(file);
}

static void save(const struct probe *probe)
{
	char path[4096];
	(void)snprintf(path, sizeof path, "%s.new", probe->store);
	FILE *file = fopen(path, "w");
	if (!file)
		abort();
	for (size_t i = 0; i < probe->kept_count; i++)
		(void)fprintf(file, "%s %" PRId64 " %" PRIx64 "\n", probe->kept[i].name, probe->kept[i].next,
		              probe->kept[i].fingerprint);
	if (fclose(file) != 0 || rename(path, probe->store) != 0)
		abort();
}

static struct kept *find(struct probe *probe, struct text name)
{
	for (size_t i = 0; i < probe->kept_count; i++)
		if (text_equal(text_of(probe->kept[i].name), name))
			return &probe->kept[i];
	return NULL;
}

static enum result positions(void *context, struct source_position *list, size_t count, struct fault *fault)
{
	struct probe *probe = context;
	(void)printf("positions %zu\n", count);
	if (probe->positions_fail-- > 0)
		return fault_set(fault, RESULT_TEMPORARY, "the probe was told to fail");
	for (size_t i = 0; i < count; i++) {
		const struct kept *kept = find(probe, list[i].name);
		list[i].known = kept != NULL;
		list[i].next = kept ? kept->next : 0;
		list[i].fingerprint = kept ? kept->fingerprint : 0;
	}
	return RESULT_OK;
}

static void report(void *context, const char *name, enum source_state state, const char *sentence)
{
	(void)context;
	(void)printf("report %s %s %s\n", name, source_state_name(state), sentence);
}

static void keep(struct probe *probe, const struct source_record *record)
{
	struct kept *kept = find(probe, record->position);
	if (!kept) {
		kept = mem_push((void **)&probe->kept, &probe->kept_count, &probe->kept_room, sizeof *probe->kept);
		kept->name = mem_copy_text(record->position.at, record->position.length);
	}
	kept->next = record->next;
	kept->fingerprint = record->fingerprint;
}

static void print_record(const struct source_record *record)
{
	struct text said = record->accepted ? record->event.id : record->reason;
	(void)printf("event %.*s %" PRId64 " %s %.*s\n", TEXT_ARG(record->position), record->next,
	             record->accepted ? "accepted" : "refused", TEXT_ARG(said));
}

static void take(struct probe *probe)
{
	struct batch *batch;
	while (!probe->hold && (batch = source_next(probe->source))) {
		if (probe->hold_first-- > 0) {
			(void)printf("held %zu\n", batch->count);
			source_hold(probe->source, batch);
			continue;
		}
		for (size_t i = 0; i < batch->count; i++) {
			keep(probe, &batch->records[i]);
			if (!probe->count)
				print_record(&batch->records[i]);
		}
		probe->events += batch->count;
		if (!probe->count)
			(void)printf("batch %zu\n", batch->count);
		(void)fflush(stdout); /* so that after a kill nothing is kept that was not printed */
		save(probe);
		source_committed(probe->source, batch);
	}
}

static void print_lag(void *argument, const struct source_figures *figures)
{
	(void)argument;
	const char *read_to = figures->read_to == INSTANT_NEVER  ? "all"
	                      : figures->read_to == INSTANT_NONE ? "nothing"
	                                                         : "some";
	(void)printf("lag %.*s %s %" PRId64 " %" PRId64 " %" PRId64 " %s\n", TEXT_ARG(figures->name),
	             source_state_name(figures->state), figures->next, figures->end, figures->lag, read_to);
}

static void print_memory(void)
{
#if MEM_IS_WATCHED
	(void)printf("memory 0\n"); /* what a sanitizer holds back says nothing */
#else
	long total, resident;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file && fscanf(file, "%ld %ld", &total, &resident) == 2)
		(void)printf("memory %ld\n", resident * sysconf(_SC_PAGESIZE));
	if (file)
		(void)fclose(file);
#endif
}

static bool command(struct probe *probe)
{
	static char line[64];
	static size_t length;
	char byte;
	if (read(STDIN_FILENO, &byte, 1) <= 0)
		return false;
	if (byte != '\n') {
		if (length + 1 < sizeof line)
			line[length++] = byte;
		return true;
	}
	line[length] = '\0';
	length = 0;
	if (strcmp(line, "hold") == 0 || strcmp(line, "go") == 0) {
		probe->hold = line[0] == 'h';
	} else if (strcmp(line, "lag") == 0) {
		source_each(probe->source, print_lag, NULL);
		(void)printf("lag-end\n");
	} else if (strcmp(line, "memory") == 0) {
		print_memory();
	}
	return true;
}

static instant now(void)
{
	struct clock clock = clock_real();
	return clock_now(&clock);
}

static void serve(struct probe *probe)
{
	struct pollfd wait[2] = {{.fd = source_fd(probe->source), .events = POLLIN},
	                         {.fd = STDIN_FILENO, .events = POLLIN}};
	for (bool open = true; open;) {
		(void)poll(wait, 2, 1000);
		source_wake(probe->source);
		take(probe);
		if (source_settled(probe->source) && !probe->settled) {
			probe->settled = true;
			(void)printf("settled\n");
		}
		if (wait[1].revents)
			open = command(probe);
		if (probe->count)
			(void)printf("count %llu %.3f\n", probe->events,
			             (double)(now() - probe->began) / (double)SECOND);
		(void)fflush(stdout);
	}
}

/* One whole line at a time, among the others. */
static void print_log(enum log_level level, const struct log_about *about, const char *line)
{
	(void)about;
	(void)printf("log %d %s\n", (int)level, line);
}

struct arguments {
	struct kafka_settings settings;
	struct kafka_property properties[32];
};

static bool property(struct arguments *arguments, char *pair)
{
	char *equals = strchr(pair, '=');
	if (!equals || arguments->settings.property_count == 32)
		return false;
	*equals = '\0';
	arguments->properties[arguments->settings.property_count++] = (struct kafka_property){pair, equals + 1};
	return true;
}

static bool parse(struct probe *probe, struct arguments *arguments, int argc, char **argv)
{
	enum { STORE = 256, GROUP, INSTANCE, PASSWORD, LOST, START, EVENTS, RING, PREFETCH, BACK, POSITIONS, COUNT };
	static const struct option options[] = {
		{"store", required_argument, NULL, STORE},         {"group", required_argument, NULL, GROUP},
		{"instance", required_argument, NULL, INSTANCE},   {"password-file", required_argument, NULL, PASSWORD},
		{"on-lost", required_argument, NULL, LOST},        {"start", required_argument, NULL, START},
		{"batch-events", required_argument, NULL, EVENTS}, {"ring", required_argument, NULL, RING},
		{"prefetch", required_argument, NULL, PREFETCH},   {"hold", required_argument, NULL, BACK},
		{"positions-fail", required_argument, NULL, POSITIONS}, {"count", no_argument, NULL, COUNT},
		{NULL, 0, NULL, 0}};
	struct kafka_settings *settings = &arguments->settings;
	bool good = true;
	for (int option; good && (option = getopt_long(argc, argv, "X:", options, NULL)) != -1;) {
		switch (option) {
		case 'X': good = property(arguments, optarg); break;
		case STORE: probe->store = optarg; break;
		case GROUP: settings->group = optarg; break;
		case INSTANCE: settings->instance = optarg; break;
		case PASSWORD: settings->password_file = optarg; break;
		case LOST: settings->on_lost = KAFKA_LOST_EARLIEST; break;
		case START: settings->start = KAFKA_START_LATEST; break;
		case EVENTS: settings->source.batch_events = (size_t)atol(optarg); break;
		case RING: settings->ring_batches = (size_t)atol(optarg); break;
		case PREFETCH: settings->prefetch_kbytes = (size_t)atol(optarg); break;
		case BACK: probe->hold_first = atoi(optarg); break;
		case POSITIONS: probe->positions_fail = atoi(optarg); break;
		case COUNT: probe->count = true; break;
		default: good = false; break;
		}
	}
	settings->topics = (const char *const *)&argv[optind];
	settings->topic_count = (size_t)(argc - optind);
	return good && probe->store;
}

int main(int argc, char **argv)
{
	struct probe probe = {0};
	struct arguments arguments;
	struct fault fault = {{0}};
	kafka_settings_default(&arguments.settings);
	arguments.settings.properties = arguments.properties;
	arguments.settings.source.positions = positions;
	arguments.settings.source.report = report;
	arguments.settings.source.context = &probe;
	if (!parse(&probe, &arguments, argc, argv)) {
		(void)fprintf(stderr, "kafka_probe: wrong use; see the head of its source\n");
		return 2;
	}
	log_set_sink(print_log);
	load(&probe);
	probe.began = now();
	if (kafka_source_open(&arguments.settings, &probe.source, &fault) != RESULT_OK) {
		(void)printf("fault %s\n", fault.text);
		return 1;
	}
	serve(&probe);
	instant closing = now();
	bool clean = source_stop(probe.source, 3000);
	(void)printf("closed %s %" PRId64 "\n", clean ? "clean" : "left", (now() - closing) / 1000);
	for (size_t i = 0; i < probe.kept_count; i++)
		free(probe.kept[i].name);
	free(probe.kept);
	return 0;
}
