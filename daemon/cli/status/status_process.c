/* status_process: whether a daemon has a database; and one that watches over other councils of the same directory, and
 * what it says of each. */
#include "cli/status/status.h"

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ops/status.h"
#include "run/control.h"

#define LOOKS_AT_LOCKS 3
#define ANSWER_MS (STORE_BUSY_MS + 2000) /* it answers at once, or when it has waited; one that hangs is said to */

/* The lock is looked at where the kernel lists locks, never tried: a daemon that starts this very moment must get
 * it. */
static bool is_held(const char *path)
{
	struct stat file;
	char wanted[64], line[256];
	bool held = false;
	if (stat(path, &file) != 0)
		return false;
	(void)snprintf(wanted, sizeof wanted, "%02x:%02x:%llu ", major(file.st_dev), minor(file.st_dev),
	               (unsigned long long)file.st_ino);
	/* The kernel lists a page at a time, by place: when another's lock goes in between, one that stays may be
	 * missed. */
	for (int looks = 0; looks < LOOKS_AT_LOCKS && !held; looks++) {
		FILE *locks = fopen("/proc/locks", "re");
		while (locks && !held && fgets(line, sizeof line, locks))
			held = strstr(line, "FLOCK") && strstr(line, wanted);
		if (locks)
			(void)fclose(locks);
	}
	return held;
}

static long process_of(const char *who)
{
	return strncmp(who, "process ", 8) == 0 ? strtol(who + 8, NULL, 10) : 0;
}

/* Where file systems are stacked, the kernel lists the lock under another device: then what the lock says of its
 * holder. */
static bool is_alive(const char *who)
{
	char path[64], name[32] = "";
	long process = process_of(who);
	(void)snprintf(path, sizeof path, "/proc/%ld/comm", process);
	FILE *file = process > 0 ? fopen(path, "re") : NULL;
	bool named = file && fgets(name, sizeof name, file) && strcmp(name, "casewatchd\n") == 0;
	if (file)
		(void)fclose(file);
	return named;
}

bool status_is_held(const char *database, char *who)
{
	struct buffer name = {0};
	buffer_format(&name, "%s.lock", database);
	int lock = open(buffer_cstr(&name), O_RDONLY | O_CLOEXEC);
	ssize_t length = lock < 0 ? 0 : read(lock, who, STATUS_WHO_MOST - 1);
	who[length > 0 ? length : 0] = '\0';
	who[strcspn(who, "\n")] = '\0';
	if (lock >= 0)
		(void)close(lock);
	/* The database itself is locked, too: somebody may have removed the file that says by whom. */
	bool held = is_held(buffer_cstr(&name)) || is_held(database) || is_alive(who);
	if (held && !*who)
		(void)snprintf(who, STATUS_WHO_MOST, "by whom is not known, for its lock was removed");
	buffer_free(&name);
	return held;
}

/* Whether one that has several councils runs on the database of the council of this file. One that is only being opened
 * has its lock and what it said before, and does not answer yet: another council of the same process does. */
static bool runs_on(struct status_process *process, const char *path)
{
	struct config_faults faults = {0};
	struct buffer json = {0}, served = {0}, answer = {0};
	struct fault fault = {{0}};
	struct ops_progress progress;
	char own[PATH_MAX], who[STATUS_WHO_MOST] = "";
	instant at;
	long by;
	int status;
	struct config *config = config_load_partly(path, &faults);
	bool runs = config && status_is_held(config->database, who) &&
	            ops_status_read(config->database, &json, &at, &by, NULL);
	if (runs) {
		ops_status_progress(buffer_view(&json), &progress);
		ops_status_config(buffer_view(&json), &served);
		runs = progress.councils && realpath(path, own) && strcmp(own, buffer_cstr(&served)) == 0;
	}
	if (runs) {
		memcpy(process->who, who, sizeof process->who);
		process->answers =
			control_ask(config->database, "councils", ANSWER_MS, &status, &answer, &fault) == RESULT_OK &&
			status == 0;
		buffer_clear(&process->says);
		buffer_text(&process->says, buffer_view(&answer));
	}
	buffer_free(&answer);
	buffer_free(&json);
	buffer_free(&served);
	config_faults_free(&faults);
	config_free(config);
	return runs;
}

/* One that has let a question wait for all its time is not asked again by way of each of its councils. */
static bool hangs(instant began)
{
	return clock_boot() - began >= ANSWER_MS * (SECOND / 1000);
}

/* It may have many councils. One whose lock does not say which process has it is asked each time. */
static bool is_known_to_stand(const struct status_process *process, long number)
{
	char words[32];
	int length = snprintf(words, sizeof words, " %ld ", number);
	const struct buffer *standing = &process->standing;
	return number > 0 && standing->length && memmem(standing->at, standing->length, words, (size_t)length);
}

bool status_ask(struct status_process *process, const char *database, const char *who, struct buffer *json,
                bool *stands)
{
	struct fault fault = {{0}};
	int status = 0;
	instant began = clock_boot();
	long number = process_of(who);
	*stands = is_known_to_stand(process, number);
	if (*stands || number == (long)getpid()) /* tests: it cannot answer itself */
		return false;
	bool answers =
		control_ask(database, "status", ANSWER_MS, &status, json, &fault) == RESULT_OK && status == 0 &&
		json->length && json->at[json->length - 1] == '\n'; /* else it is cut off: the file is whole */
	*stands = !answers && hangs(began);
	if (*stands)
		buffer_format(&process->standing, " %ld ", number);
	if (!answers)
		buffer_clear(json);
	return answers;
}

void status_find_process(struct status_process *process, const char *config)
{
	struct buffer pattern = {0};
	char path[PATH_MAX];
	glob_t found = {0};
	if (process->looked || !realpath(config, path))
		return;
	instant began = clock_boot();
	process->looked = true;
	char *file = strrchr(path, '/');
	*file = '\0';
	char *folder = strrchr(path, '/');
	if (!folder)
		return;
	buffer_add(&pattern, path, (size_t)(folder - path));
	buffer_format(&pattern, "/*/%s", file + 1);
	if (glob(buffer_cstr(&pattern), 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && !process->answers && !hangs(began); i++)
			process->runs |= runs_on(process, found.gl_pathv[i]);
	globfree(&found);
	buffer_free(&pattern);
}

const char *status_of_council(const struct status_process *process, const char *config, struct buffer *why)
{
	static const char *const states[] = {"up", "opening", "down", "out", "off"};
	char own[PATH_MAX];
	struct text rest = buffer_view(&process->says);
	if (!realpath(config, own))
		return NULL;
	while (rest.length) {
		const char *end = memchr(rest.at, '\n', rest.length);
		size_t length = end ? (size_t)(end - rest.at) : rest.length;
		const char *tab = memchr(rest.at, '\t', length);
		const char *second = tab ? memchr(tab + 1, '\t', length - (size_t)(tab + 1 - rest.at)) : NULL;
		if (second && text_equal((struct text){tab + 1, (size_t)(second - tab - 1)}, text_of(own)))
			for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
				if (text_equal((struct text){rest.at, (size_t)(tab - rest.at)}, text_of(states[i]))) {
					buffer_add(why, second + 1, (size_t)(rest.at + length - second - 1));
					return states[i];
				}
		length += end != NULL;
		rest = (struct text){rest.at + length, rest.length - length};
	}
	return NULL;
}

void status_process_free(struct status_process *process)
{
	buffer_free(&process->says);
	buffer_free(&process->standing);
}
