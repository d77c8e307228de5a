/* soak: a council's year in fast time through the real daemon: source, pipeline, store, courier and clocks, with a mail
 * server in memory that is slow, refuses, hangs up and is away for hours, and a daemon that is stopped now and then.
 *
 *	soak DIRECTORY RULES EVENTS UNTIL SEED RECKON-HOURS >SENDS
 * EVENTS: CloudEvents, one a line, in order of `time`, at which each arrives. Leaves DIRECTORY/casewatch.db and prints
 * each send as a line: REFERENCE taken|maybe|not marked|unmarked. tests/scenario/soak.py makes events, and judges. */
#include "../unit/day_world.h"

static uint64_t chance;

static uint64_t draw(uint64_t below)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return chance % below;
}

/* ---- the mail server's weather ---- */

#define SPELL (3 * HOUR)

static bool is_away(instant now)
{
	uint64_t spell = (uint64_t)(now / SPELL) * 0x9e3779b97f4a7c15u;
	return (spell >> 32) % 25 == 0;
}

static void weather(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	static const struct channel_reply away = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_SERVER,
	                                          .silent = true};
	static const struct channel_reply later = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_RECIPIENT,
	                                           .code = 451};
	static const struct channel_reply unknown = {.outcome = CHANNEL_UNCERTAIN, .whose = CHANNEL_OF_MESSAGE};
	uint64_t luck = draw(100);
	(void)context;
	(void)message;
	if (is_away(world.hands.now))
		*reply = away;
	else if (luck < 5)
		*reply = later;
	else if (luck < 9)
		*reply = unknown;
}

/* ---- the daemon ---- */

static instant reckon_every;

static void configure(const char *rules)
{
	char here[256];
	assert_non_null(getcwd(here, sizeof here));
	FILE *file = fopen(world.config, "we");
	assert_non_null(file);
	(void)fprintf(file,
	              "council: Soak Council\ndatabase: casewatch.db\nrules: %s\ndirectory: %s/conf/directory.yaml\n"
	              "templates: %s/conf/templates\ncalendar: {file: %s/conf/bank-holidays.json}\n",
	              rules, here, here, here);
	(void)fclose(file);
}

static void begin(void)
{
	struct fault fault = {0};
	const struct council_seams seams = {
		.sources = open_log, .channels = open_mail, .look_every = HOUR, .reckon_every = reckon_every};
	world.daemon = (struct daemon){.clock = clock_two_hands(&world.hands)};
	world.council = daemon_add(&world.daemon, NULL, world.config, &seams);
	if (daemon_start(&world.daemon, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	world.running = true;
	for (size_t i = 0; i < kept_count; i++)
		memory_source_put(world.log, kept[i].position, kept[i].bytes);
}

static void live_to(instant time)
{
	char words[32];
	instant_print(time, words);
	live_until(words);
}

/* As it happens; what happens at one instant arrives together, because its order of arrival may change who was told
 * when (an answer at the instant at which a mute ends), and the reckoning knows no order of arrival. */
static void hear_line(char *line)
{
	static instant before;
	const char *time = strstr(line, "\"time\": \""), *why;
	instant when = INSTANT_NONE;
	line[strcspn(line, "\n")] = '\0';
	assert_true(time && instant_parse((struct text){time + 9, strcspn(time + 9, "\"")}, &when, &why));
	if (when != before)
		live_to(when);
	before = when;
	put("memory:0", line);
}

static void restart(void)
{
	assert_missed();
	stop();
	begin();
}

static void print_sends(void)
{
	for (size_t i = 0; i < world.server.count; i++) {
		const struct memory_attempt *one = &world.server.attempts[i];
		const char *came = one->reply.outcome == CHANNEL_ACCEPTED    ? "taken"
		                   : one->reply.outcome == CHANNEL_UNCERTAIN ? "maybe"
		                                                             : "not";
		(void)printf("%s %s %s\n", one->reference, came, one->possible_duplicate ? "marked" : "unmarked");
	}
}

int main(int count, char **words)
{
	static char line[65536];
	const char *why;
	instant until;
	if (count != 7 || !instant_parse(text_of(words[4]), &until, &why))
		return 2;
	log_set_level(getenv("VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	chance = strtoull(words[5], NULL, 10) * 0x9e3779b97f4a7c15u | 1;
	reckon_every = strtoll(words[6], NULL, 10) * HOUR;
	world = (struct world){.batch_events = 20, .hands = {.now = at("2026-01-05T00:00:00Z"), .elapsed = 77 * HOUR}};
	(void)snprintf(world.config, sizeof world.config, "%s/casewatchd.yaml", words[1]);
	(void)snprintf(world.database, sizeof world.database, "%s/casewatch.db", words[1]);
	schema_start();
	memory_server_init(&world.server);
	world.server.answer = weather;
	configure(words[2]);
	begin();
	FILE *events = fopen(words[3], "re");
	assert_non_null(events);
	while (fgets(line, sizeof line, events)) {
		hear_line(line);
		if (draw(300) == 0)
			restart();
	}
	(void)fclose(events);
	live_to(until);
	assert_missed();
	stop();
	print_sends();
	return 0;
}
