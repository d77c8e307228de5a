/* What the tests share in which statements of the database fail under a courier: people with mailboxes and phones, and
 * what came of it all. */
#ifndef CASEWATCH_TESTS_COURIER_FAILS_H
#define CASEWATCH_TESTS_COURIER_FAILS_H

#define PEOPLE 8
#include "courier_fixture.h"

#include "statements.h"
#include "store/store_internal.h"

#define STATEMENTS_MOST 4000 /* of one story: far more than any takes */
/* Between two runs: a phone may have texts again, no mailbox has a past, and ops are told again of the same. */
#define BETWEEN (25 * HOUR)
#define PHONE "07700 900123"
#define ANOTHER_PHONE "07700 900124"


static struct channel texts;

static enum result make_list(void *context, const struct outbox_row *row, const struct payload *payload,
                             const struct person *person, instant now, struct message *out, struct fault *fault)
{
	(void)context, (void)payload, (void)person, (void)now;
	if (text_equal(row->rule, TEXT("not-made")))
		return fault_set(fault, RESULT_PERMANENT, "there is no such list");
	buffer_string(&out->subject, "Missing today");
	buffer_string(&out->text, "None.");
	return RESULT_OK;
}

static bool template_fails;

static enum result render(const struct message_input *input, struct message *out, struct fault *fault)
{
	(void)out;
	if (template_fails)
		return fault_set(fault, RESULT_PERMANENT, "a section is not closed");
	message_plain(input, out);
	return RESULT_OK;
}

static enum result start(struct bench *bench)
{
	struct fault fault = {""};
	struct courier_settings settings = bench_settings(bench);
	settings.channels = bench_texts_and_mails(bench, &texts);
	settings.channel_count = 2;
	settings.texts_an_hour = 2;
	settings.same_texts_an_hour = 20;
	settings.list = make_list;
	settings.render = render;
	enum result result = courier_new(&settings, &bench->courier, &fault);
	if (result != RESULT_OK)
		bench->courier = NULL;
	assert_true(result == RESULT_OK || fault.text[0]);
	return result;
}

static size_t lines_of_rows; /* of the log: what it says of a message, or of what ops are to know */
static struct clock_hands log_hands; /* of a clock by which no kind of line comes in a flood */

static void count_lines(enum log_level level, const struct log_about *about, const char *line)
{
	(void)about;
	bool is_row = strncmp(line, "message ", 8) == 0 || strncmp(line, "ops.", 4) == 0;
	lines_of_rows += level < LOG_LEVEL_DEBUG && is_row;
}

/* p-1 and p-2 have a mailbox, p-3 a phone and a mailbox, p-4 a phone alone; all of them hear at all hours. */
static struct bench *begin(void)
{
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	template_fails = false;
	courier_free(bench->courier);
	for (int i = 0; i < PEOPLE; i++)
		bench->people[i].hours_until = 1440;
	struct person *person = &bench->people[3];
	person->addresses[CHANNEL_TEXT] = PHONE;
	person->order[0] = CHANNEL_TEXT;
	person->order[1] = CHANNEL_EMAIL;
	person->order_count = 2;
	person = &bench->people[4];
	person->addresses[CHANNEL_TEXT] = ANOTHER_PHONE;
	person->addresses[CHANNEL_EMAIL] = NULL;
	person->order[0] = CHANNEL_TEXT;
	assert_int_equal(start(bench), RESULT_OK);
	log_set_sink(count_lines);
	struct clock clock = clock_two_hands(&log_hands);
	log_use_clock(&clock);
	return bench;
}

/* ---- what came of it ---- */

struct came {
	size_t in_state[OUTBOX_GIVEN + 1], ops, sent, unmarked, climbed, said;
	uint64_t given_up, dropped; /* as the metrics have it */
	int64_t audit;
};

static bool may_have_it(const struct memory_attempt *attempt)
{
	return attempt->reply.outcome == CHANNEL_ACCEPTED || attempt->reply.outcome == CHANNEL_GIVEN ||
	       attempt->reply.outcome == CHANNEL_UNCERTAIN;
}

static size_t sent_twice_unmarked(const struct memory_server *server)
{
	size_t count = 0;
	for (size_t i = 0; i < server->count; i++)
		for (size_t k = 0; k < i; k++)
			count += !server->attempts[i].possible_duplicate && may_have_it(&server->attempts[k]) &&
			         strcmp(server->attempts[i].reference, server->attempts[k].reference) == 0;
	return count;
}

static int64_t audit_rows(struct bench *bench)
{
	struct fault *fault;
	int64_t rows = 0;
	OK(store_pragma(bench->store, "SELECT count(*) FROM audit", &rows, fault));
	return rows;
}

static struct came came_of(struct bench *bench)
{
	struct row_counts rows = count_rows(bench);
	struct courier_figures figures = {0};
	log_hands.elapsed += HOUR;
	if (bench->courier)
		courier_figures(bench->courier, &figures);
	struct came came = {.ops = rows.ops,
	                    .sent = bench->server.count,
	                    .climbed = bench->nobody_count,
	                    .said = lines_of_rows,
	                    .given_up = figures.failed,
	                    .dropped = figures.dropped,
	                    .unmarked = sent_twice_unmarked(&bench->server),
	                    .audit = audit_rows(bench)};
	memcpy(came.in_state, rows.in_state, sizeof came.in_state);
	return came;
}

static struct came less(struct came after, struct came before)
{
	for (size_t i = 0; i <= OUTBOX_GIVEN; i++)
		after.in_state[i] -= before.in_state[i];
	after.ops -= before.ops;
	after.climbed -= before.climbed;
	after.said -= before.said;
	after.given_up -= before.given_up;
	after.dropped -= before.dropped;
	after.audit -= before.audit;
	return after;
}

static struct channel_reply said; /* what the service says when it is asked */

static void say(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	(void)context, (void)message;
	*reply = said;
}

static void print_sent(const struct memory_server *server)
{
	for (size_t i = 0; i < server->count; i++)
		print_error("  to %s%s: %s\n", server->attempts[i].to,
		            server->attempts[i].possible_duplicate ? " (again)" : "", server->attempts[i].subject);
}

static void print(const char *what, const struct came *came)
{
	print_error("%s:", what);
	for (size_t i = 0; i <= OUTBOX_GIVEN; i++)
		if (came->in_state[i])
			print_error(" %zu %s", came->in_state[i], outbox_state_name((enum outbox_state)i));
	print_error(", %zu to ops, %zu sent, %zu twice unmarked, %zu climbed, %zu in the log, %d given up, %d dropped, "
	            "%d on record\n",
	            came->ops, came->sent, came->unmarked, came->climbed, came->said, (int)came->given_up,
	            (int)came->dropped, (int)came->audit);
}

#endif
