/* What systemd and its journal hear of the daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "loop/systemd.h"

/* Stands in for the library's: what the journal would have received, a field a line. */
static char journal[8192];
static int journal_answer;

int sd_journal_sendv(const struct iovec *fields, int count)
{
	journal[0] = '\0';
	for (int i = 0; i < count; i++) {
		assert_int_equal(strnlen(fields[i].iov_base, fields[i].iov_len), fields[i].iov_len);
		strncat(journal, fields[i].iov_base, fields[i].iov_len);
		strcat(journal, "\n");
	}
	return journal_answer;
}

static int notify_socket = -1;
static char heard[2048];

static const char *hear(void)
{
	ssize_t length = recv(notify_socket, heard, sizeof heard - 1, MSG_DONTWAIT);
	heard[length > 0 ? length : 0] = '\0';
	return heard;
}

static int listen_as_systemd(void **state)
{
	(void)state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[64];
	int length =
		snprintf(name, sizeof name, "@casewatch-test-%d", (int)getpid()); /* abstract: nothing to clean up */
	memcpy(address.sun_path + 1, name + 1, (size_t)length - 1);
	notify_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length);
	return bind(notify_socket, (struct sockaddr *)&address, bytes) == 0 && setenv("NOTIFY_SOCKET", name, 1) == 0
	               ? 0
	               : -1;
}

static void ready_comes_with_a_status(void **state)
{
	(void)state;
	systemd_ready("following 2 sources");
	assert_string_equal(hear(), "READY=1\nSTATUS=following 2 sources");
	systemd_ready(NULL);
	assert_string_equal(hear(), "READY=1\n");
	systemd_status("the broker is gone");
	assert_string_equal(hear(), "STATUS=the broker is gone");
}

static void a_status_cannot_say_more_than_a_status(void **state)
{
	(void)state;
	systemd_status("topic x\nREADY=1\nMAINPID=1");
	assert_string_equal(hear(), "STATUS=topic x READY=1 MAINPID=1");
}

static void reloading_says_since_when(void **state)
{
	(void)state;
	systemd_reloading();
	assert_memory_equal(hear(), "RELOADING=1\nMONOTONIC_USEC=", 27);
	assert_true(strtoll(heard + 27, NULL, 10) > 0);
	systemd_stopping();
	assert_string_equal(hear(), "STOPPING=1");
}

static void the_watchdog_is_fed_at_half_its_time(void **state)
{
	(void)state;
	assert_true(systemd_watchdog_interval() == 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
	assert_true(systemd_watchdog_interval() == 15 * SECOND);
	assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0); /* meant for somebody else */
	assert_true(systemd_watchdog_interval() == 0);
	assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
	systemd_watchdog_fed();
	assert_string_equal(hear(), "WATCHDOG=1");
}

/* As systemd.exec(5) says: JOURNAL_STREAM names the device and inode behind standard error. */
static const char *message_id(const char *rule)
{
	return strcmp(rule, "ops.mail-down") == 0 ? "5c9d1f3be4c14d0fa0e6b4f1a7f30107" : NULL;
}

static void connect_stderr_to_the_journal(bool really)
{
	struct stat found;
	char stream[64];
	assert_int_equal(fstat(STDERR_FILENO, &found), 0);
	(void)snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)found.st_dev,
	               (uintmax_t)found.st_ino + (really ? 0 : 1));
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_set_sink(NULL);
	systemd_log_to_journal(message_id);
	journal[0] = '\0';
}

static void a_line_about_work_carries_its_ids_as_fields(void **state)
{
	(void)state;
	connect_stderr_to_the_journal(true);
	log_work(LOG_LEVEL_NOTICE, (struct log_about){.event = "e9", .rule = "custody.threshold", .alert = "A7"},
	         "alert opened");
	assert_string_equal(journal,
	                    "MESSAGE=alert opened\nPRIORITY=5\nCASEWATCH_EVENT=e9\nCASEWATCH_RULE=custody.threshold\n"
	                    "CASEWATCH_ALERT=A7\n");
	log_info("started");
	assert_string_equal(journal, "MESSAGE=started\nPRIORITY=6\n");
}

static void a_line_about_an_ops_alert_is_explained_in_the_catalogue(void **state)
{
	(void)state;
	connect_stderr_to_the_journal(true);
	log_work(LOG_LEVEL_ERROR, (struct log_about){.rule = "ops.mail-down"}, "the relay does not answer");
	assert_non_null(strstr(journal, "MESSAGE_ID=5c9d1f3be4c14d0fa0e6b4f1a7f30107\n"));
}

static void a_line_too_long_is_cut_not_overrun(void **state)
{
	(void)state;
	static char endless[10000];
	connect_stderr_to_the_journal(true);
	memset(endless, 'x', sizeof endless - 1);
	log_work(LOG_LEVEL_INFO, (struct log_about){.event = endless}, "%s", endless);
	assert_true(strlen(journal) < 5000);
	assert_non_null(strstr(journal, "\nCASEWATCH_EVENT=xxx"));
}

static void without_the_journal_lines_go_to_standard_error(void **state)
{
	(void)state;
	connect_stderr_to_the_journal(false);
	log_info("to standard error");
	assert_string_equal(journal, "");
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	systemd_log_to_journal(message_id);
	log_info("to standard error");
	assert_string_equal(journal, "");
}

static void a_journal_that_refuses_still_gets_the_line(void **state)
{
	(void)state;
	connect_stderr_to_the_journal(true);
	journal_answer = -1;
	int kept = dup(STDERR_FILENO), ends[2];
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	log_warning("nearly lost");
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	char line[64] = "";
	assert_true(read(ends[0], line, sizeof line - 1) > 0);
	assert_string_equal(line, "<4>nearly lost\n");
	(void)close(kept);
	(void)close(ends[0]);
	(void)close(ends[1]);
	journal_answer = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_comes_with_a_status),
		cmocka_unit_test(a_status_cannot_say_more_than_a_status),
		cmocka_unit_test(reloading_says_since_when),
		cmocka_unit_test(the_watchdog_is_fed_at_half_its_time),
		cmocka_unit_test(a_line_about_work_carries_its_ids_as_fields),
		cmocka_unit_test(a_line_about_an_ops_alert_is_explained_in_the_catalogue),
		cmocka_unit_test(a_line_too_long_is_cut_not_overrun),
		cmocka_unit_test(without_the_journal_lines_go_to_standard_error),
		cmocka_unit_test(a_journal_that_refuses_still_gets_the_line),
	};
	return cmocka_run_group_tests(tests, listen_as_systemd, NULL);
}
