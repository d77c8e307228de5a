/* Alerts to ops, each caused in the whole daemon: what happens, and that ops hear of it. tests/lint/ops-alerts says
 * which test causes which. */
#include "day_world.h"

#include "certificates_data.h"

#include "base/threads.h"
#include "store/copies/follow.h"

#include <sys/statvfs.h>

#define K1 "\"custody\":\"k1\""
#define STANDS "ended = 9223372036854775807"

/* A disk with so much room; 0: as it is. */
static uint64_t room;
int __real_statvfs(const char *path, struct statvfs *disk);
int __wrap_statvfs(const char *path, struct statvfs *disk);
int __wrap_statvfs(const char *path, struct statvfs *disk)
{
	int result = __real_statvfs(path, disk);
	if (room) {
		disk->f_frsize = 1;
		disk->f_bavail = room;
	}
	return result;
}

/* Whom the loop tells that the wall clock was set: the kernel says so of the machine's clock alone. */
#define HEARERS 8
static struct {
	loop_callback *callback;
	void *argument;
} hearers[HEARERS];
static size_t hearer_count;
void __real_loop_on_clock_jump(struct loop *loop, loop_callback *callback, void *argument);
void __wrap_loop_on_clock_jump(struct loop *loop, loop_callback *callback, void *argument);
void __wrap_loop_on_clock_jump(struct loop *loop, loop_callback *callback, void *argument)
{
	assert_true(hearer_count < HEARERS);
	hearers[hearer_count].callback = callback;
	hearers[hearer_count++].argument = argument;
	__real_loop_on_clock_jump(loop, callback, argument);
}

static void set_wall_clock(instant by)
{
	world.hands.now += by;
	for (size_t i = 0; i < hearer_count; i++)
		hearers[i].callback(hearers[i].argument);
}

static int64_t stands(const char *word)
{
	char sql[256];
	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM condition WHERE id = '%s' AND " STANDS, word);
	return count(sql);
}

static void assert_told(const char *word, const char *words)
{
	if (!stands(word))
		fail_msg("%s does not stand", word);
	if (!mails("casewatch-ops@", words))
		fail_msg("ops have no mail that says: %s", words);
	assert_status_names(word);
}

static void write_file(const char *name, const char *content)
{
	char path[160];
	(void)snprintf(path, sizeof path, "%s/%s", world.directory, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs(content, file);
	(void)fclose(file);
}

/* From another day on, with more in the configuration. */
static void begin_on(const char *time, const char *more)
{
	stop();
	hearer_count = 0;
	world.hands.now = at(time);
	write_config(more);
	start();
}

static void a_record_that_waits_for_an_hour_is_told(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	put("memory:0", "no JSON");
	live_until("2026-02-02T09:50:00Z");
	assert_int_equal(stands("ops.quarantine"), 0);
	live_until("2026-02-02T10:05:00Z");
	assert_told("ops.quarantine", "1 record is set aside");
}

static void a_record_under_the_id_of_another_is_told(void **state)
{
	(void)state;
	happens("2026-02-02T09:00:00Z", "custody.threshold_met", "C1", K1);
	world.sent = 0; /* the same id again */
	happens("2026-02-02T09:01:00Z", "custody.released", "C1", K1);
	live_until("2026-02-02T09:03:00Z");
	assert_told("ops.conflict", "under the id of another");
}

static void refuse_for_now(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	(void)context, (void)message;
	reply->outcome = CHANNEL_TEMPORARY;
	reply->whose = CHANNEL_OF_SERVER;
}

/* It cannot be told by mail. */
static void a_mail_server_that_takes_nothing_for_five_minutes_stands(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	(void)pthread_mutex_lock(&world.server.lock);
	world.server.answer = refuse_for_now;
	(void)pthread_mutex_unlock(&world.server.lock);
	happens("2026-02-02T09:00:10Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T09:03:00Z");
	assert_int_equal(stands("ops.mail-down"), 0);
	live_until("2026-02-02T09:10:00Z");
	assert_int_equal(stands("ops.mail-down"), 1);
	assert_status_names("ops.mail-down");
}

static void refuse_the_director(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	(void)context;
	if (!memmem(message->to.at, message->to.length, "director.childrens.care@", 24))
		return;
	reply->outcome = CHANNEL_PERMANENT;
	reply->whose = CHANNEL_OF_RECIPIENT;
}

static void the_director_later(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	refuse_the_director(context, message, reply);
	if (reply->outcome == CHANNEL_PERMANENT)
		reply->outcome = CHANNEL_TEMPORARY;
}

/* The mail server is well, and the next step is half an hour away: whoever looked saw that nothing was wrong. */
static void a_critical_message_that_is_not_taken_for_five_minutes_is_told(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	(void)pthread_mutex_lock(&world.server.lock);
	world.server.answer = the_director_later;
	(void)pthread_mutex_unlock(&world.server.lock);
	happens("2026-02-02T09:00:10Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T09:05:00Z");
	assert_int_equal(stands("ops.undeliverable"), 0);
	live_until("2026-02-02T09:07:00Z");
	assert_told("ops.undeliverable", "1 critical message has not been taken for 5 minutes");
	(void)pthread_mutex_lock(&world.server.lock);
	world.server.answer = NULL;
	(void)pthread_mutex_unlock(&world.server.lock);
	live_until("2026-02-02T09:10:00Z");
	assert_int_equal(stands("ops.undeliverable"), 0);
}

static void a_mailbox_that_is_gone_is_told(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	(void)pthread_mutex_lock(&world.server.lock);
	world.server.answer = refuse_the_director;
	(void)pthread_mutex_unlock(&world.server.lock);
	happens("2026-02-02T09:00:10Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T09:05:00Z");
	assert_told("ops.undeliverable", "could not be delivered");
}

static void an_alert_that_nobody_answers_is_told_when_no_step_is_left(void **state)
{
	(void)state;
	happens("2026-02-02T09:00:00Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T09:45:00Z");
	assert_int_equal(stands("ops.ladder-spent"), 0);
	live_until("2026-02-02T10:35:00Z");
	assert_told("ops.ladder-spent", "no step is left");
}

static void people_whom_nobody_knows_are_told(void **state)
{
	(void)state;
	happens("2026-02-02T09:00:00Z", "strategy.complex_held", "C1", "\"named\":[\"p-nobody-knows\"]");
	live_until("2026-02-02T09:05:00Z");
	assert_told("ops.nobody", "names nobody of the directory");
	assert_told("ops.nobody", "casewatch explain A-1001");
}

static void a_return_before_the_child_was_missing_is_told(void **state)
{
	(void)state;
	happens("2026-02-02T09:00:00Z", "missing.started", "C1", "\"episode\":\"m1\",\"kind\":\"missing\"");
	hear("memory:0", "missing.ended", "C1", "2026-02-01T09:00:00Z", "\"episode\":\"m1\"");
	live_until("2026-02-02T09:10:00Z");
	assert_told("ops.contradiction", "contradicts itself");
}

/* It came first, when there was no start yet, which is nobody's fault for a week; by the start that comes then it
 * contradicts itself, and a child stays on the list of missing children. */
static void a_return_that_came_before_a_start_that_is_dated_after_it_is_told_at_once(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	hear("memory:0", "missing.ended", "C1", "2026-02-02T07:00:00Z", "\"episode\":\"m1\"");
	live_until("2026-02-02T09:05:00Z");
	assert_int_equal(stands("ops.contradiction"), 0);
	happens("2026-02-02T09:30:00Z", "missing.started", "C1", "\"episode\":\"m1\",\"kind\":\"missing\"");
	live_until("2026-02-02T09:40:00Z");
	assert_told("ops.contradiction", "contradicts itself");
}

static void a_disk_with_little_room_is_told(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	assert_int_equal(stands("ops.disk"), 0);
	room = (uint64_t)100 << 20;
	live_until("2026-02-02T09:02:00Z");
	assert_told("ops.disk", "100 MB");
	room = (uint64_t)100 << 30;
	live_until("2026-02-02T09:04:00Z");
	assert_int_equal(stands("ops.disk"), 0);
	room = 0;
}

static void a_copy_that_does_not_follow_is_told(void **state)
{
	char database[160];
	struct follow_seen seen = {.number = 1, .host = "other"};
	(void)state;
	begin_on("2026-02-02T09:00:00Z", "follow: yes\n");
	(void)snprintf(database, sizeof database, "%s", world.council->first->database);
	live_until("2026-02-02T09:05:00Z");
	assert_int_equal(stands("ops.copy"), 0);
	live_until("2026-02-02T09:12:00Z");
	assert_told("ops.copy", "none has followed yet");
	seen.at = world.hands.now;
	follow_seen_write(database, &seen);
	live_until("2026-02-02T09:14:00Z");
	assert_int_equal(stands("ops.copy"), 0);
	live_until("2026-02-02T09:30:00Z");
	assert_int_equal(stands("ops.copy"), 1);
}

/* By a clock that was an hour ahead when it followed last, it would have followed just now for an hour. */
static void a_copy_that_does_not_follow_is_told_though_it_was_seen_in_time_to_come(void **state)
{
	char database[160];
	struct follow_seen seen = {.number = 1, .host = "other"};
	(void)state;
	begin_on("2026-02-02T09:00:00Z", "follow: yes\n");
	(void)snprintf(database, sizeof database, "%s", world.council->first->database);
	live_until("2026-02-02T09:05:00Z");
	seen.at = world.hands.now + 3 * HOUR;
	follow_seen_write(database, &seen);
	live_until("2026-02-02T09:12:00Z");
	assert_int_equal(stands("ops.copy"), 0);
	live_until("2026-02-02T09:20:00Z");
	assert_int_equal(stands("ops.copy"), 1);
	seen.at = world.hands.now;
	follow_seen_write(database, &seen);
	live_until("2026-02-02T09:22:00Z");
	assert_int_equal(stands("ops.copy"), 0);
}

/* A copy of something in conf/ that is changed by `sed`, in place of it. */
static void begin_with_changed(const char *what, const char *file, const char *sed)
{
	struct buffer command = {0};
	stop();
	buffer_format(&command, "cp -r conf/%s %s/ && sed -i '%s' %s/%s && sed -i 's|[^ ]*/conf/%s|%s/%s|' %s", what,
	              world.directory, sed, world.directory, file, what, world.directory, what, world.config);
	assert_int_equal(system(buffer_cstr(&command)), 0);
	buffer_free(&command);
	start();
}

static void remove_changed(const char *what)
{
	struct buffer command = {0};
	buffer_format(&command, "rm -r %s/%s", world.directory, what);
	assert_int_equal(system(buffer_cstr(&command)), 0);
	buffer_free(&command);
}

/* What a lock screen shows would name the child: the template is not used for it. */
static void a_template_that_fails_is_told(void **state)
{
	(void)state;
	begin_with_changed("templates", "templates/alert.txt.mustache", "1s/^/C1 /");
	happens("2026-02-02T09:00:00Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T09:05:00Z");
	assert_true(mails("director.childrens.care@", "A-1001") > 0); /* in plain words */
	assert_told("ops.template", "fell back to plain text");
	remove_changed("templates");
}

static void bank_holidays_that_end_soon_are_told(void **state)
{
	(void)state;
	begin_on("2028-11-01T09:00:00Z", "");
	live_until("2028-11-01T09:03:00Z");
	assert_told("ops.calendar-ends", "less than 90 days");
}

static void a_certificate_that_runs_out_soon_is_told(void **state)
{
	(void)state;
	write_file("ca.pem", ends_first);
	begin_on("2026-12-01T09:00:00Z", "dead-man: {ca-file: ca.pem}\n");
	live_until("2026-12-01T09:02:00Z");
	assert_int_equal(stands("ops.certificate"), 0);
	write_file("ca.pem", ends_soon);
	live_until("2026-12-01T10:05:00Z");
	assert_told("ops.certificate", "dead-man.ca-file is about to run out");
	write_file("ca.pem", ends_first);
	live_until("2026-12-01T11:05:00Z");
	assert_int_equal(stands("ops.certificate"), 0);
}

/* Somebody sets it, or the machine's own time service does; a second is within what such a service smooths out. */
static void a_wall_clock_that_is_set_is_told(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	set_wall_clock(SECOND);
	live_until("2026-02-02T09:02:00Z");
	assert_int_equal(stands("ops.clock-stepped"), 0);
	set_wall_clock(20 * SECOND);
	live_until("2026-02-02T09:04:00Z");
	assert_told("ops.clock-stepped", "20 seconds ahead");
}

/* On a thread of its own: time stands meanwhile. */
static void wait_for_the_audit_to_be_read(instant since)
{
	for (int turns = 0; turns < 2000 && audit_watch_found(world.council).at < since; turns++)
		loop_turn(world.daemon.loop, 10);
	assert_true(audit_watch_found(world.council).at >= since);
}

/* Somebody who can write the file cuts off what it says last, beside the daemon. It is read again a quarter of an
 * hour before the daily email to ops, and the audit is as wrong after that email as before it. */
static void rows_that_were_cut_off_the_audit_are_told_and_stay_wrong(void **state)
{
	(void)state;
	happens("2026-02-02T06:00:01Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T06:01:00Z");
	wait_for_the_audit_to_be_read(at("2026-02-02T06:00:00Z"));
	assert_int_equal(stands("ops.store"), 0);
	int64_t rows = count("SELECT max(id) FROM audit");
	assert_true(rows > 3);
	assert_true(count("DELETE FROM audit WHERE id > (SELECT max(id) - 3 FROM audit) RETURNING 1") == 1);
	live_until("2026-02-02T08:15:00Z");
	wait_for_the_audit_to_be_read(at("2026-02-02T08:15:00Z"));
	live_until("2026-02-02T08:20:00Z");
	assert_told("ops.store", "The audit does not verify");
	live_until("2026-02-02T09:30:00Z");
	assert_int_equal(mails("casewatch-ops@", "DOES NOT VERIFY: casewatch verify"), 1);
	assert_status_names("ops.store: The audit does not verify. Next: See which row does not fit");
}

static int end_of_day(void **state)
{
	char path[160];
	(void)snprintf(path, sizeof path, "%s/ca.pem", world.directory);
	(void)unlink(path);
	hearer_count = 0;
	return teardown(state);
}

#define DAY(test) cmocka_unit_test_setup_teardown(test, setup, end_of_day)

static size_t said;

static void count_said(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level;
	(void)about;
	said += strstr(line, "no thread could be made to read the audit") != NULL;
}

/* It is tried again every ten minutes. The last one here: no other has a thread after it. */
static void that_no_thread_can_be_made_to_read_the_audit_is_said_once(void **state)
{
	(void)state;
	said = 0;
	threads_forbid();
	log_set_sink(count_said);
	log_set_level(LOG_LEVEL_WARNING);
	live_until("2026-02-02T09:00:00Z");
	log_set_level(LOG_LEVEL_ERROR);
	log_set_sink(NULL);
	assert_int_equal(said, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAY(a_record_that_waits_for_an_hour_is_told),
		DAY(a_record_under_the_id_of_another_is_told),
		DAY(a_mail_server_that_takes_nothing_for_five_minutes_stands),
		DAY(a_critical_message_that_is_not_taken_for_five_minutes_is_told),
		DAY(a_mailbox_that_is_gone_is_told),
		DAY(an_alert_that_nobody_answers_is_told_when_no_step_is_left),
		DAY(people_whom_nobody_knows_are_told),
		DAY(a_return_before_the_child_was_missing_is_told),
		DAY(a_return_that_came_before_a_start_that_is_dated_after_it_is_told_at_once),
		DAY(a_disk_with_little_room_is_told),
		DAY(a_copy_that_does_not_follow_is_told),
		DAY(a_copy_that_does_not_follow_is_told_though_it_was_seen_in_time_to_come),
		DAY(a_template_that_fails_is_told),
		DAY(bank_holidays_that_end_soon_are_told),
		DAY(a_certificate_that_runs_out_soon_is_told),
		DAY(a_wall_clock_that_is_set_is_told),
		DAY(rows_that_were_cut_off_the_audit_are_told_and_stay_wrong),
		DAY(that_no_thread_can_be_made_to_read_the_audit_is_said_once),
	};
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
