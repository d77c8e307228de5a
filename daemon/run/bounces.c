/* bounces: mails that came back, which the mail server puts into a Maildir or a directory.
 *
 * Each is read once, what it says is written, and it is moved: to cur/ (a Maildir) or done/; what could not be matched
 * to a message, and what a person wrote, is marked (flagged, or kept/) and said to ops. Nothing is deleted. The rules:
 * a look is bounded in files and bytes; a file that cannot be read or moved stops no other; a directory that cannot be
 * used is said. What is seen twice (a crash before the move) changes nothing. A mail that cannot be written waits, and
 * no other waits for it; one at which the process ended three times is kept as what is not known. */
#include "run/run_internal.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "channel/smtp/returned.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_EVERY (2 * SECOND)
#define FILES_A_LOOK 16          /* read in one turn of the loop: about a megabyte, some milliseconds */
#define NAMES_A_LOOK 256         /* looked at; the next look goes on behind them */
#define STILL_FOR (5 * SECOND)   /* a file that may still be being written; in a Maildir none is */
#define FAILED_A_LOOK 4          /* mails that could not be written: then it is the database, and no other is tried */
#define FAILING_SAID MINUTE      /* a full disk is said elsewhere; one mail that never can be is said here */
#define WRITTEN_MOST 256         /* mails kept in mind; of more the first is written again */
#define NAME_MOST 200            /* bytes of a file's name that are kept, so that a mark fits behind it */

struct bounces {
	struct council *council;
	struct loop_timer *timer;
	struct buffer address, key;  /* that ours are signed with; empty: none are */
	struct buffer key_before;    /* what went before a reload may come back for days; empty: there was none */
	int from, seen, kept;        /* directories: read from; of what was understood; of what was not */
	bool maildir;
	unsigned moved;              /* makes names different */
	instant failing;             /* by time passed: since when some mail cannot be written; 0: none */
	bool failing_said;
	struct returned_figures figures;
	bool used;                   /* the directory could be read, since the start */
	/* From the directory's first name to its last; where there are many, in several looks. */
	size_t passed;               /* so many names were looked at, and stay */
	size_t unwritten;            /* mails among them that could not be written */
	bool stuck;                  /* something could not be read or put away */
	/* What they say is on record, and they could not be put away. */
	struct written {
		uint64_t print; /* of its name, and of which file it is; 0: free */
		bool understood;
	} written[WRITTEN_MOST];
	size_t written_next;
};

/* ---- the directories ---- */

static int open_below(const char *path, const char *name, bool make)
{
	struct buffer whole = {0};
	buffer_format(&whole, "%s/%s", path, name);
	if (make)
		(void)mkdir(buffer_cstr(&whole), 0750);
	int folder = open(buffer_cstr(&whole), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	buffer_free(&whole);
	return folder;
}

static void close_folders(struct bounces *bounces)
{
	int *folders[] = {&bounces->from, &bounces->seen, &bounces->kept};
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		if (*folders[i] >= 0)
			(void)close(*folders[i]);
		*folders[i] = -1;
	}
}

/* Names are read from it, each is looked at, and taken away or put there. */
static bool is_usable(int folder)
{
	return folder >= 0 && faccessat(folder, ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0;
}

/* Anew at each look: a directory that was mounted, moved or made since is found. */
static bool open_folders(struct bounces *bounces, const char *path)
{
	close_folders(bounces);
	bounces->from = open_below(path, "new", false);
	bounces->maildir = bounces->from >= 0;
	if (!bounces->maildir)
		bounces->from = open_below(path, ".", false);
	if (!is_usable(bounces->from))
		return false;
	bounces->seen = open_below(path, bounces->maildir ? "cur" : "done", true);
	bounces->kept = open_below(path, bounces->maildir ? "cur" : "kept", true);
	return is_usable(bounces->seen) && is_usable(bounces->kept);
}

/* A file's name as a word to ops: whoever made it may have put anything into it. */
static void name_in_words(const char *name, char *out, size_t room)
{
	size_t at = 0;
	for (; name[at] && at + 1 < room; at++)
		out[at] = name[at] > ' ' && name[at] < 0x7F ? name[at] : '?';
	out[at] = '\0';
}

static void cannot_be_used(struct bounces *bounces, const char *path, int error)
{
	struct council *council = bounces->council;
	struct ops_word word = {.what = OPS_UNDELIVERABLE,
	                        .key = TEXT("returned"),
	                        .lasting = OPS_UNTIL_OVER,
	                        .title = "Mail that comes back cannot be read",
	                        .meaning =
	                                "A message that did not arrive counts as told until its step's time is over.",
	                        .facts = {{"smtp.bounces", path, NULL}, {"Why", strerror(error), NULL}},
	                        .fact_count = 2};
	if (!bounces->figures.unusable)
		council_say_ops(council, &word);
	bounces->figures.unusable = true;
}

/* One file, and why; the others are read. */
static void cannot_be_taken(struct bounces *bounces, const char *name, int error)
{
	struct buffer path = {0};
	char file[128];
	name_in_words(name, file, sizeof file);
	buffer_format(&path, "%s, the file %s", bounces->council->first->smtp.bounces, file);
	cannot_be_used(bounces, buffer_cstr(&path), error);
	bounces->stuck = true;
	buffer_free(&path);
}

static void cannot_be_listed(struct bounces *bounces, int error)
{
	cannot_be_used(bounces, bounces->council->first->smtp.bounces, error);
	bounces->stuck = true;
}

static void can_be_used(struct bounces *bounces)
{
	if (bounces->figures.unusable || !bounces->used)
		council_end_ops(bounces->council, OPS_UNDELIVERABLE, TEXT("returned"), NULL);
	bounces->figures.unusable = false;
	bounces->used = true;
}

/* ---- one mail ---- */

/* 0, or why it cannot be read now. What is no regular file has no bytes. */
static int read_mail(const struct bounces *bounces, const char *name, struct buffer *bytes)
{
	struct stat stat;
	char part[16384];
	ssize_t length = 1;
	if (fstatat(bounces->from, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(stat.st_mode))
		return 0;
	int file = openat(bounces->from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file < 0)
		return errno;
	while (length > 0 && bytes->length < RETURNED_BYTES && (length = read(file, part, sizeof part)) > 0)
		buffer_add(bytes, part, (size_t)length);
	int why = length < 0 ? errno : 0;
	(void)close(file);
	return why;
}

/* Where it goes once it is read; never over another file. */
static bool put_away(struct bounces *bounces, const char *name, bool understood)
{
	char to[NAME_MOST + 64];
	const char *mark = !bounces->maildir ? "" : understood ? ":2,S" : ":2,FS";
	(void)snprintf(to, sizeof to, "%.*s%s", NAME_MOST, name, mark);
	int folder = understood ? bounces->seen : bounces->kept;
	while (renameat2(bounces->from, name, folder, to, RENAME_NOREPLACE) != 0) {
		if (errno != EEXIST || bounces->moved == UINT32_MAX)
			return false;
		(void)snprintf(to, sizeof to, "%.*s.%u%s", NAME_MOST, name, bounces->moved++, mark);
	}
	return true;
}

/* ---- written, and still there ---- */

/* Another file may come under its name. */
static uint64_t print_of(const struct bounces *bounces, const char *name)
{
	struct stat stat;
	if (fstatat(bounces->from, name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	const uint64_t which[] = {(uint64_t)stat.st_ino, (uint64_t)stat.st_mtim.tv_sec,
	                          (uint64_t)stat.st_mtim.tv_nsec, (uint64_t)stat.st_size};
	return text_fingerprint((struct text){(const char *)which, sizeof which}, text_fingerprint(text_of(name), 1));
}

static struct written *written_of(struct bounces *bounces, uint64_t print)
{
	for (size_t i = 0; i < WRITTEN_MOST; i++)
		if (print && bounces->written[i].print == print)
			return &bounces->written[i];
	return NULL;
}

static void keep_written(struct bounces *bounces, uint64_t print, bool understood)
{
	if (written_of(bounces, print))
		return;
	bounces->written[bounces->written_next++ % WRITTEN_MOST] = (struct written){print, understood};
}

/* Ops hear of it once, and once an hour that there are more. */
static void say_kept(struct bounces *bounces, const struct returned *mail, const char *name)
{
	bool letter = mail->kind == RETURNED_LETTER;
	char file[128];
	name_in_words(name, file, sizeof file);
	struct ops_word word = {
		.what = OPS_UNDELIVERABLE,
		.key = letter ? TEXT("letters") : TEXT("bounces"),
		.more = 1,
		.title = letter ? "Somebody wrote to the address that mail comes back to"
	                        : "A mail came back, and which message it is about is not known",
		.meaning = letter ? "What they wrote is no answer to an alert, and nobody has read it yet."
	                          : "Somebody may not have been told.",
		.facts = {{"File", file,
	                   bounces->maildir ? "in cur/ of smtp.bounces, flagged" : "in kept/ of smtp.bounces"},
	                  {"What it is", returned_kind_name(mail->kind), mail->status[0] ? mail->status : NULL}},
		.fact_count = 2,
		.not_logged = true};
	council_say_ops(bounces->council, &word);
}

static bool news_of(const struct returned *mail, enum courier_news *news)
{
	switch (mail->kind) {
	case RETURNED_FAILED: *news = COURIER_DID_NOT_ARRIVE; return true;
	case RETURNED_DELAYED: *news = COURIER_NOT_YET; return true;
	case RETURNED_DELIVERED: *news = COURIER_ARRIVED; return true;
	case RETURNED_AUTO_REPLY: *news = COURIER_AUTO_REPLY; return true;
	case RETURNED_UNCLEAR:
	case RETURNED_LETTER: break;
	}
	return false;
}

static void count(struct returned_figures *figures, const struct returned *mail, bool understood)
{
	figures->failed += understood && mail->kind == RETURNED_FAILED;
	figures->delayed += understood && mail->kind == RETURNED_DELAYED;
	figures->auto_replies += mail->kind == RETURNED_AUTO_REPLY;
	figures->not_understood += !understood && mail->kind != RETURNED_AUTO_REPLY;
}

/* An automatic reply to nothing of ours is on record, too. */
static enum result record_reply(struct bounces *bounces, const struct returned *mail, struct fault *fault)
{
	struct store *store = bounces->council->store;
	enum result result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = audit_add(store, council_now(bounces->council), "mail.auto-reply", TEXT_NONE, TEXT_NONE,
		                   TEXT_NONE, TEXT("{}"), fault);
	if (result == RESULT_OK)
		result = store_commit(store, fault);
	else
		store_rollback(store);
	(void)mail;
	return result;
}

/* Writes what it says. *wait: not now; it stays where it is. *understood: it was about one of our messages, or about
 * none and needs nobody's eyes. */
static enum result take_returned(struct bounces *bounces, const struct returned *mail, bool *understood, bool *wait,
                                 struct fault *fault)
{
	enum courier_news news;
	char reference[VERP_ID_SIZE + 2], words[400];
	size_t rows = 0;
	*wait = *understood = false;
	if (!news_of(mail, &news))
		return RESULT_OK;
	(void)snprintf(reference, sizeof reference, "<%s@", mail->id);
	(void)snprintf(words, sizeof words, "%s%s%s%s", mail->kind == RETURNED_AUTO_REPLY ? "automatic reply: " : "",
	               mail->status, mail->status[0] ? " " : "", mail->words);
	enum result result = RESULT_OK;
	if (mail->id[0])
		result = courier_hear(bounces->council->courier, text_of(reference), news, words, &rows, wait, fault);
	/* The signed address alone says for certain that a mail was ours. Where no message has its name any more, that
	 * went another way since (some servers send a report twice), or its child was erased. */
	*understood = rows > 0 || mail->by_address || mail->kind == RETURNED_AUTO_REPLY;
	if (result == RESULT_OK && !rows && mail->kind == RETURNED_AUTO_REPLY)
		result = record_reply(bounces, mail, fault);
	return result;
}

static void read_returned(const struct bounces *bounces, struct text bytes, struct returned *mail)
{
	struct text address = buffer_view(&bounces->address), before = buffer_view(&bounces->key_before);
	returned_read(bytes, address, buffer_view(&bounces->key), mail);
	if (mail->by_address || !before.length)
		return;
	struct returned by_old = {.kind = RETURNED_UNCLEAR};
	returned_read(bytes, address, before, &by_old);
	if (by_old.by_address)
		*mail = by_old;
}

/* What it says, written. Where the process ends at it (also by a failure for good), the next one knows it by its name;
 * three times, and nobody looks at what it says any more. */
static enum result write_mail(struct bounces *bounces, const char *name, struct text bytes, struct returned *mail,
                              bool *understood, bool *waits, struct fault *fault)
{
	struct attempt *attempt = bounces->council->attempt;
	char known[NAME_MOST + 16];
	(void)snprintf(known, sizeof known, "returned:%.*s", NAME_MOST, name);
	if (attempt_deaths(attempt, text_of(known), 0) >= ATTEMPT_DEATHS) {
		attempt_passed(attempt, text_of(known), 0);
		return RESULT_OK;
	}
	attempt_begin(attempt, text_of(known), 0);
	read_returned(bounces, bytes, mail);
	const struct written *before = written_of(bounces, print_of(bounces, name));
	enum result result = RESULT_OK;
	if (before)
		*understood = before->understood;
	else
		result = take_returned(bounces, mail, understood, waits, fault);
	if (result != RESULT_PERMANENT)
		attempt_end(attempt);
	if (result == RESULT_OK)
		attempt_passed(attempt, text_of(known), 0);
	return result;
}

/* One file; RESULT_TEMPORARY or worse: the store could not, and it stays. *waits: it stays for another reason. */
static enum result take_file(struct bounces *bounces, const char *name, bool *waits, struct fault *fault)
{
	struct buffer bytes = {0};
	struct returned mail = {.kind = RETURNED_UNCLEAR};
	bool understood = false;
	enum result result = RESULT_OK;
	int why = read_mail(bounces, name, &bytes);
	*waits = why != 0;
	if (why)
		cannot_be_taken(bounces, name, why);
	else if (bytes.length)
		result = write_mail(bounces, name, buffer_view(&bytes), &mail, &understood, waits, fault);
	buffer_free(&bytes);
	if (result != RESULT_OK || *waits)
		return result;
	uint64_t print = print_of(bounces, name);
	if (!put_away(bounces, name, understood)) { /* read again, not written again, and then said and counted */
		cannot_be_taken(bounces, name, errno);
		keep_written(bounces, print, understood);
		*waits = true;
		return RESULT_OK;
	}
	struct written *before = written_of(bounces, print);
	if (before)
		before->print = 0;
	count(&bounces->figures, &mail, understood);
	if (!understood)
		say_kept(bounces, &mail, name);
	return RESULT_OK;
}

/* ---- a look ---- */

static bool is_ripe(const struct bounces *bounces, const char *name)
{
	struct stat stat;
	if (name[0] == '.' || fstatat(bounces->from, name, &stat, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(stat.st_mode))
		return false;
	instant still = council_now(bounces->council) - stat.st_mtim.tv_sec * SECOND;
	return bounces->maildir || still >= STILL_FOR || still <= -STILL_FOR;
}

/* A mail that did not arrive counts as told until this is over. */
static void note_failing(struct bounces *bounces, size_t failed, const struct fault *fault)
{
	struct council *council = bounces->council;
	instant elapsed = council_elapsed(council);
	struct ops_word word = {.what = OPS_UNDELIVERABLE,
	                        .key = TEXT("returned-unwritten"),
	                        .title = "What a mail that came back says cannot be written",
	                        .meaning =
	                                "A message that did not arrive counts as told until its step's time is over.",
	                        .facts = {{"smtp.bounces", council->first->smtp.bounces, NULL},
	                                  {"Why", fault->text, NULL}},
	                        .fact_count = 2};
	if (!failed && bounces->failing_said)
		council_end_ops(council, OPS_UNDELIVERABLE, word.key, NULL);
	if (!failed) {
		bounces->failing = 0;
		bounces->failing_said = false;
		return;
	}
	if (!bounces->failing)
		bounces->failing = elapsed;
	if (bounces->failing_said || elapsed - bounces->failing < FAILING_SAID)
		return;
	bounces->failing_said = true;
	council_say_ops(council, &word);
}

static const struct dirent *next_name(struct bounces *bounces, DIR *folder)
{
	int why = 0;
	const struct dirent *entry = file_next(folder, &why);
	if (why)
		cannot_be_listed(bounces, why);
	return entry;
}

/* Behind what earlier looks left. What is put away moves the others up. */
static const struct dirent *begin_look(struct bounces *bounces, DIR *folder)
{
	if (!bounces->passed) {
		bounces->unwritten = 0;
		bounces->stuck = false;
	}
	const struct dirent *entry = next_name(bounces, folder);
	for (size_t i = 0; i < bounces->passed && entry; i++)
		entry = next_name(bounces, folder);
	return entry;
}

/* Those that stay, however many they are, keep none behind them waiting. Returns whether there is more to do at once;
 * *whole: the directory's last name was looked at. */
static bool look_through(struct bounces *bounces, DIR *folder, bool *whole, enum result *result, struct fault *fault)
{
	size_t taken = 0, names = 0, failed = 0;
	const struct dirent *entry = begin_look(bounces, folder);
	for (; entry && *result != RESULT_PERMANENT && failed < FAILED_A_LOOK && taken < FILES_A_LOOK &&
	       names < NAMES_A_LOOK;
	     entry = next_name(bounces, folder)) {
		char name[sizeof entry->d_name];
		names++;
		bool waits = false;
		(void)snprintf(name, sizeof name, "%s", entry->d_name);
		if (!is_ripe(bounces, name))
			continue;
		*result = take_file(bounces, name, &waits, fault);
		failed += *result == RESULT_TEMPORARY;
		taken += !waits && *result == RESULT_OK;
	}
	*whole = !entry;
	bounces->unwritten += failed;
	if (*result != RESULT_PERMANENT && (failed || (*whole && !bounces->unwritten)))
		note_failing(bounces, failed, fault);
	bounces->passed = *whole ? 0 : bounces->passed + names - taken;
	return taken == FILES_A_LOOK;
}

static void on_look(void *argument)
{
	struct bounces *bounces = argument;
	struct fault fault = {0};
	enum result result = RESULT_OK;
	const char *path = bounces->council->first->smtp.bounces;
	bool more = false, whole = false;
	if (!open_folders(bounces, path)) {
		cannot_be_used(bounces, path, errno);
		loop_timer_in(bounces->timer, MINUTE);
		return;
	}
	int again = dup(bounces->from);
	DIR *folder = again >= 0 ? fdopendir(again) : NULL;
	if (folder) {
		more = look_through(bounces, folder, &whole, &result, &fault);
		(void)closedir(folder);
		if (whole && !bounces->stuck)
			can_be_used(bounces);
	} else {
		cannot_be_listed(bounces, errno);
	}
	if (again >= 0 && !folder)
		(void)close(again);
	close_folders(bounces);
	loop_timer_in(bounces->timer, more ? 0 : whole && bounces->stuck ? MINUTE : LOOK_EVERY);
	if (result == RESULT_PERMANENT) /* what is temporary is tried again at the next look */
		council_after(bounces->council, result, &fault);
}

/* ---- start and stop ---- */

static void wipe(struct buffer *key)
{
	if (key->at)
		digest_wipe(key->at, key->length);
	buffer_free(key);
}

enum result bounces_start(struct council *council, struct fault *fault)
{
	const struct config_smtp *smtp = &council->first->smtp;
	enum result result = RESULT_OK;
	if (!smtp->bounces || !council_channels(council))
		return RESULT_OK;
	council->bounces = MEM_NEW(struct bounces);
	*council->bounces = (struct bounces){.council = council, .from = -1, .seen = -1, .kept = -1};
	if (smtp->bounce_address) {
		buffer_string(&council->bounces->address, smtp->bounce_address);
		result = verp_read_key(smtp->bounce_key_file, &council->bounces->key, fault);
	}
	council->bounces->timer = loop_timer_new(council->daemon->loop, on_look, council->bounces);
	loop_timer_in(council->bounces->timer, SECOND);
	return result;
}

void bounces_use(struct council *council)
{
	const struct config_smtp *smtp = &council->first->smtp;
	struct buffer key = {0};
	struct fault fault = {0};
	if (!council->bounces || !smtp->bounce_address)
		return;
	if (verp_read_key(smtp->bounce_key_file, &key, &fault) == RESULT_OK) {
		struct bounces *bounces = council->bounces;
		bool other = !text_equal(buffer_view(&key), buffer_view(&bounces->key));
		struct buffer *gone = other ? &bounces->key_before : &bounces->key;
		wipe(gone);
		if (other)
			bounces->key_before = bounces->key;
		bounces->key = key;
		key = (struct buffer){0};
	} else {
		log_warning("mail that comes back is told by the key before: %s", fault.text);
	}
	wipe(&key);
}

void bounces_stop(struct council *council)
{
	struct bounces *bounces = council->bounces;
	if (!bounces)
		return;
	council->bounces = NULL;
	loop_timer_free(bounces->timer);
	close_folders(bounces);
	buffer_free(&bounces->address);
	wipe(&bounces->key);
	wipe(&bounces->key_before);
	free(bounces);
}

const struct returned_figures *bounces_figures(const struct council *council)
{
	return council->bounces ? &council->bounces->figures : NULL;
}
