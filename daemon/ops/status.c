/* status: the file that says how the daemon is. */
#include "ops/status.h"

#include "text/json_read.h"
#include "text/json_write.h"
#include "time/instant.h"
#include "time/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BYTES_MOST ((size_t)4 << 20) /* a thousand partitions and conditions are a tenth of it */

/* ---- writing ---- */

static void put_wrong(void *argument, const struct ops_wrong *wrong)
{
	struct json_writer *json = argument;
	json_object(json);
	json_put_string(json, "word", wrong->alert->id);
	json_put_text(json, "of", wrong->key);
	json_put_text(json, "title", wrong->title);
	json_put_instant(json, "since", wrong->since);
	json_put_integer(json, "count", wrong->count);
	json_object_end(json);
}

static void put_sources(struct json_writer *json, const struct ops_status *status)
{
	json_key(json, "sources");
	json_array(json);
	for (size_t i = 0; i < status->source_count; i++) {
		const struct ops_status_source *source = &status->sources[i];
		json_object(json);
		json_put_string(json, "name", source->name);
		json_put_string(json, "state", source->state);
		json_put_instant(json, "since", source->since);
		if (source->behind >= 0)
			json_put_integer(json, "behind", source->behind);
		if (source->sentence && *source->sentence)
			json_put_string(json, "says", source->sentence);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_channels(struct json_writer *json, const struct ops_status *status)
{
	json_key(json, "channels");
	json_array(json);
	for (size_t i = 0; i < status->channel_count; i++) {
		const struct ops_status_channel *channel = &status->channels[i];
		json_object(json);
		json_put_string(json, "name", channel->name);
		json_put_string(json, "state", channel->state);
		if (channel->since != INSTANT_NONE)
			json_put_instant(json, "since", channel->since);
		json_put_integer(json, "taken", (int64_t)channel->taken);
		json_put_integer(json, "troubles", (int64_t)channel->troubles);
		if (channel->sentence[0])
			json_put_string(json, "says", channel->sentence);
		json_object_end(json);
	}
	json_array_end(json);
}

/* Who sends, in words. */
static void say_cell(const struct ops_status_cell *cell, struct buffer *words)
{
	if (*cell->unable)
		buffer_format(words, "%s (this machine) goes no further in the log, and sends nothing: %s",
		              cell->machine, cell->unable);
	else if (cell->sends)
		buffer_format(words, "%s (this machine) sends", cell->machine);
	else if (!cell->joined)
		buffer_format(words, "%s (this machine) reads the log first, and stands by then", cell->machine);
	else if (!cell->read)
		buffer_format(words, "%s (this machine) stands by, and reads the journal; who sends is not known yet",
		              cell->machine);
	else if (*cell->owner && strcmp(cell->owner, cell->machine) != 0)
		buffer_format(words, "%s sends; %s (this machine) stands by", cell->owner, cell->machine);
	else
		buffer_format(words, "nobody is known to send; %s (this machine) stands by", cell->machine);
	if (cell->behind)
		buffer_string(words, ", behind all others: it holds less than they do (docs/cells.md, \"Records set "
		                     "aside\")");
	if (*cell->ails)
		buffer_format(words, ", behind all others until this is over: %s", cell->ails);
	if (cell->machines == 1 && cell->sends)
		buffer_string(words, "; no other machine stands by");
	else if (cell->machines > 0)
		buffer_format(words, "; %d of %d machines are there", cell->machines, cell->wanted);
	else if (*cell->unheard)
		buffer_format(words, "; whether another machine stands by is not known: %s", cell->unheard);
	if (cell->under_way)
		buffer_format(words, "; %zu announced and not over", cell->under_way);
	if (cell->doubtful)
		buffer_format(words, "; %zu uncertain, to be sent again", cell->doubtful);
	if (cell->edition)
		buffer_format(words, "; edition %lld of the configuration", (long long)cell->edition);
}

static void put_cell(struct json_writer *json, const struct ops_status_cell *cell)
{
	struct buffer words = {0};
	if (!cell)
		return;
	say_cell(cell, &words);
	json_key(json, "cell");
	json_object(json);
	json_put_string(json, "machine", cell->machine);
	json_put_string(json, "owner", cell->owner);
	json_put_bool(json, "sends", cell->sends);
	json_put_bool(json, "joined", cell->joined);
	json_put_bool(json, "read", cell->read);
	json_put_string(json, "unable", cell->unable);
	json_put_bool(json, "behind", cell->behind);
	json_put_string(json, "ails", cell->ails);
	json_put_integer(json, "machines", cell->machines);
	json_put_integer(json, "machines_wanted", cell->wanted);
	json_put_string(json, "unheard", cell->unheard);
	json_put_integer(json, "edition", cell->edition);
	json_put_integer(json, "under_way", (int64_t)cell->under_way);
	json_put_integer(json, "doubtful", (int64_t)cell->doubtful);
	json_put_text(json, "says", buffer_view(&words));
	json_object_end(json);
	buffer_free(&words);
}

void ops_status_put(const struct ops_status *status, struct buffer *out)
{
	struct fault unread = {0};
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_instant(&json, "at", status->at);
	json_put_integer(&json, "process", status->process);
	if (status->config)
		json_put_string(&json, "config", status->config);
	if (status->councils)
		json_put_integer(&json, "councils", (int64_t)status->councils);
	json_put_bool(&json, "caught_up", status->caught_up);
	if (status->trouble)
		json_put_string(&json, "trouble", status->trouble);
	json_put_integer(&json, "events", (int64_t)status->events);
	json_put_integer(&json, "quarantined", (int64_t)status->quarantined);
	json_put_instant(&json, "last_commit", status->last_commit);
	json_put_integer(&json, "longest_turn_us", status->longest_turn);
	json_put_integer(&json, "longest_turn_lately_us", status->longest_turn_lately);
	json_put_integer(&json, "turns_over_50_ms", (int64_t)status->long_turns);
	put_sources(&json, status);
	put_channels(&json, status);
	put_cell(&json, status->cell);
	json_key(&json, "wrong");
	json_array(&json);
	if (ops_each(status->ops, put_wrong, &json, &unread) != RESULT_OK && !status->trouble) {
		json_object(&json);
		json_put_string(&json, "word", "ops.store");
		json_put_string(&json, "title", unread.text);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	buffer_char(out, '\n');
}

#define MORE_ROOM 16384 /* for what is wrong once there is none on the disk: some fifty sentences */

/* Room beyond its end, so that it can be written over where no other file can be made. A file system that keeps none
 * for anybody is left alone. */
static bool keep_room(int file, size_t length)
{
	return fallocate(file, FALLOC_FL_KEEP_SIZE, 0, (off_t)(length + MORE_ROOM)) == 0 || errno == EOPNOTSUPP;
}

static bool write_anew(const char *path, const char *fresh, const struct buffer *json)
{
	int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	bool whole = file >= 0 && keep_room(file, json->length) &&
	             write(file, json->at, json->length) == (ssize_t)json->length;
	if (file >= 0)
		whole = close(file) == 0 && whole;
	whole = whole && rename(fresh, path) == 0;
	int why = errno;
	if (file >= 0 && !whole)
		(void)unlink(fresh);
	errno = why;
	return whole;
}

/* A full disk, which of all things must be said: else what was so a moment ago goes on to be read, and all was well
 * then. Whoever reads in that very moment reads the first object, or half of one, and looks again. */
static bool write_over(const char *path, const struct buffer *json)
{
	int file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	bool whole = file >= 0 && write(file, json->at, json->length) == (ssize_t)json->length &&
	             ftruncate(file, (off_t)json->length) == 0;
	(void)(whole && keep_room(file, json->length));
	if (file >= 0)
		whole = close(file) == 0 && whole;
	return whole;
}

enum result ops_status_write(const char *database, const struct ops_status *status, bool *anew, struct fault *fault)
{
	struct buffer json = {0}, path = {0}, fresh = {0};
	ops_status_put(status, &json);
	buffer_format(&path, "%s.status", database);
	buffer_format(&fresh, "%s.status.new", database);
	*anew = write_anew(buffer_cstr(&path), buffer_cstr(&fresh), &json);
	bool whole = *anew || write_over(buffer_cstr(&path), &json);
	enum result result = whole ? RESULT_OK
	                           : fault_set(fault, RESULT_TEMPORARY, "%s cannot be written: %s", buffer_cstr(&path),
	                                       strerror(errno));
	buffer_free(&json);
	buffer_free(&path);
	buffer_free(&fresh);
	return result;
}

/* ---- reading ---- */

static bool read_bytes(const char *database, struct buffer *out)
{
	char bytes[16384];
	struct buffer path = {0};
	buffer_format(&path, "%s.status", database);
	int file = open(buffer_cstr(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	buffer_free(&path);
	for (ssize_t length; file >= 0 && out->length < BYTES_MOST && (length = read(file, bytes, sizeof bytes)) > 0;)
		buffer_add(out, bytes, (size_t)length);
	if (file < 0)
		return false;
	(void)close(file);
	return true;
}

/* One thing that is wrong, as a line. */
static void read_wrong(struct json_reader *reader, struct buffer *wrong)
{
	struct buffer word = {0}, of = {0}, title = {0};
	struct text name, value;
	enum json_token token;
	while ((token = json_next(reader, &name)) == JSON_KEY) {
		struct buffer *to = text_equal(name, TEXT("word")) ? &word : text_equal(name, TEXT("of")) ? &of
		                    : text_equal(name, TEXT("title"))                                  ? &title
		                                                                                       : NULL;
		token = json_next(reader, &value);
		if (to && token == JSON_STRING)
			buffer_text(to, value);
		else if (json_skip(reader, token) == JSON_FAULT)
			break;
	}
	buffer_format(wrong, "%s %s\t%s\n", buffer_cstr(&word), buffer_cstr(&of), buffer_cstr(&title));
	buffer_free(&word);
	buffer_free(&of);
	buffer_free(&title);
}

static void read_member(struct json_reader *reader, struct text name, instant *at, long *process, struct buffer *wrong)
{
	struct text value;
	const char *why;
	char digits[24];
	enum json_token token = json_next(reader, &value);
	if (text_equal(name, TEXT("at")) && token == JSON_STRING) {
		if (!instant_parse(value, at, &why))
			*at = INSTANT_NONE;
	} else if (text_equal(name, TEXT("process")) && token == JSON_NUMBER) {
		(void)snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(value));
		*process = strtol(digits, NULL, 10);
	} else if (text_equal(name, TEXT("wrong")) && token == JSON_ARRAY && wrong) {
		while (json_next(reader, &value) == JSON_OBJECT)
			read_wrong(reader, wrong);
	} else {
		(void)json_skip(reader, token);
	}
}

void ops_status_take(struct text json, instant *at, long *process, struct buffer *wrong)
{
	struct text name;
	struct json_reader *reader = json_reader_new(8, BYTES_MOST);
	*at = INSTANT_NONE;
	*process = 0;
	json_start(reader, json, 0);
	if (json_next(reader, &name) == JSON_OBJECT)
		while (json_next(reader, &name) == JSON_KEY)
			read_member(reader, name, at, process, wrong);
	json_reader_free(reader);
}

bool ops_status_read(const char *database, struct buffer *json, instant *at, long *process, struct buffer *wrong)
{
	*at = INSTANT_NONE;
	*process = 0;
	if (!read_bytes(database, json))
		return false;
	ops_status_take(buffer_view(json), at, process, wrong);
	return true;
}

void ops_status_config(struct text json, struct buffer *path)
{
	struct text name, value;
	struct json_reader *reader = json_reader_new(8, BYTES_MOST);
	buffer_clear(path);
	json_start(reader, json, 0);
	if (json_next(reader, &name) == JSON_OBJECT)
		while (json_next(reader, &name) == JSON_KEY) {
			bool wanted = text_equal(name, TEXT("config"));
			enum json_token token = json_next(reader, &value);
			if (wanted && token == JSON_STRING)
				buffer_text(path, value);
			else if (json_skip(reader, token) == JSON_FAULT)
				break;
		}
	json_reader_free(reader);
}

static int64_t number_of(struct text value)
{
	char digits[24];
	(void)snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(value));
	return strtoll(digits, NULL, 10);
}

static void read_source(struct json_reader *reader, struct ops_progress *progress)
{
	struct text name, value;
	while (json_next(reader, &name) == JSON_KEY) {
		bool behind = text_equal(name, TEXT("behind"));
		enum json_token token = json_next(reader, &value);
		if (behind && token == JSON_NUMBER)
			progress->behind = (progress->behind < 0 ? 0 : progress->behind) + number_of(value);
		else if (json_skip(reader, token) == JSON_FAULT)
			break;
	}
}

static void read_progress(struct json_reader *reader, struct ops_progress *progress)
{
	struct text name, value;
	while (json_next(reader, &name) == JSON_KEY) {
		bool caught_up = text_equal(name, TEXT("caught_up"));
		bool sources = text_equal(name, TEXT("sources")), councils = text_equal(name, TEXT("councils"));
		progress->trouble = progress->trouble || text_equal(name, TEXT("trouble"));
		enum json_token token = json_next(reader, &value);
		if (caught_up && (token == JSON_TRUE || token == JSON_FALSE))
			progress->caught_up = token == JSON_TRUE;
		else if (councils && token == JSON_NUMBER)
			progress->councils = number_of(value);
		else if (sources && token == JSON_ARRAY)
			while (json_next(reader, &value) == JSON_OBJECT)
				read_source(reader, progress);
		else if (json_skip(reader, token) == JSON_FAULT)
			break;
	}
}

void ops_status_progress(struct text json, struct ops_progress *progress)
{
	struct text name;
	struct json_reader *reader = json_reader_new(8, BYTES_MOST);
	*progress = (struct ops_progress){.behind = -1};
	json_start(reader, json, 0);
	if (json_next(reader, &name) == JSON_OBJECT)
		read_progress(reader, progress);
	json_reader_free(reader);
}

/* ---- channels, in words ---- */

/* As whoever reads it has it on the wall. */
static void put_since(const struct zone *zone, struct text since, struct buffer *out)
{
	instant at;
	const char *why;
	buffer_string(out, " since ");
	if (instant_parse(since, &at, &why))
		words_moment(zone, (struct words_moment){.at = at}, WORDS_TABLE_YEAR, out);
	else
		buffer_text(out, since);
}

struct channels_read {
	const struct zone *zone;
	struct buffer *lines;
	bool all_up;
};

static void read_channel(struct json_reader *reader, void *argument)
{
	struct channels_read *read = argument;
	struct buffer *line = read->lines;
	struct buffer name = {0}, state = {0}, taken = {0}, since = {0}, says = {0};
	struct text key, value;
	while (json_next(reader, &key) == JSON_KEY) {
		struct buffer *to = text_equal(key, TEXT("name"))    ? &name
		                    : text_equal(key, TEXT("state")) ? &state
		                    : text_equal(key, TEXT("taken")) ? &taken
		                    : text_equal(key, TEXT("since")) ? &since
		                    : text_equal(key, TEXT("says"))  ? &says
		                                                     : NULL;
		enum json_token token = json_next(reader, &value);
		if (to && (token == JSON_STRING || token == JSON_NUMBER))
			buffer_text(to, value);
		else if (json_skip(reader, token) == JSON_FAULT)
			break;
	}
	buffer_format(line, "%s: %s", buffer_cstr(&name), buffer_cstr(&state));
	if (since.length)
		put_since(read->zone, buffer_view(&since), line);
	buffer_format(line, ", %s taken since start%s%s\n", buffer_cstr(&taken), says.length ? "; " : "",
	              buffer_cstr(&says));
	read->all_up &= text_equal(buffer_view(&state), TEXT("up"));
	buffer_free(&name);
	buffer_free(&state);
	buffer_free(&taken);
	buffer_free(&since);
	buffer_free(&says);
}

/* Each object of the array of that name. */
static void read_array(struct text json, struct text array, void (*read)(struct json_reader *, void *), void *argument)
{
	struct text name, value;
	struct json_reader *reader = json_reader_new(8, BYTES_MOST);
	json_start(reader, json, 0);
	if (json_next(reader, &name) == JSON_OBJECT)
		while (json_next(reader, &name) == JSON_KEY) {
			enum json_token token = json_next(reader, &value);
			if (!text_equal(name, array) || token != JSON_ARRAY) {
				if (json_skip(reader, token) == JSON_FAULT)
					break;
				continue;
			}
			while (json_next(reader, &value) == JSON_OBJECT)
				read(reader, argument);
		}
	json_reader_free(reader);
}

bool ops_status_channels(struct text json, const struct zone *zone, struct buffer *lines)
{
	struct channels_read read = {zone, lines, true};
	read_array(json, TEXT("channels"), read_channel, &read);
	return read.all_up;
}

/* ---- sources, in words ---- */

struct sources_read {
	const struct zone *zone;
	struct buffer *lines;
	size_t parts, up;
	int64_t behind; /* -1: none says */
};

/* What says something of itself has a line; of partitions and folders there may be a thousand, and they are counted. */
static void read_source_words(struct json_reader *reader, void *argument)
{
	struct sources_read *read = argument;
	struct buffer name = {0}, state = {0}, since = {0}, says = {0};
	struct text key, value;
	while (json_next(reader, &key) == JSON_KEY) {
		struct buffer *to = text_equal(key, TEXT("name"))    ? &name
		                    : text_equal(key, TEXT("state")) ? &state
		                    : text_equal(key, TEXT("since")) ? &since
		                    : text_equal(key, TEXT("says"))  ? &says
		                                                     : NULL;
		bool behind = text_equal(key, TEXT("behind"));
		enum json_token token = json_next(reader, &value);
		if (to && token == JSON_STRING)
			buffer_text(to, value);
		else if (behind && token == JSON_NUMBER)
			read->behind = (read->behind < 0 ? 0 : read->behind) + number_of(value);
		else if (json_skip(reader, token) == JSON_FAULT)
			break;
	}
	if (says.length) {
		buffer_format(read->lines, "%s: %s", buffer_cstr(&name), buffer_cstr(&state));
		put_since(read->zone, buffer_view(&since), read->lines);
		buffer_format(read->lines, ": %s\n", buffer_cstr(&says));
	}
	read->parts += !says.length;
	read->up += !says.length && text_equal(buffer_view(&state), TEXT("up"));
	buffer_free(&name);
	buffer_free(&state);
	buffer_free(&since);
	buffer_free(&says);
}

bool ops_status_sources(struct text json, const struct zone *zone, struct buffer *lines)
{
	struct sources_read read = {.zone = zone, .lines = lines, .behind = -1};
	size_t before = lines->length;
	read_array(json, TEXT("sources"), read_source_words, &read);
	bool all_up = lines->length == before && read.up == read.parts;
	if (!read.parts)
		return all_up;
	buffer_format(lines, "%zu %s", read.parts, read.parts == 1 ? "part" : "parts");
	if (read.up < read.parts)
		buffer_format(lines, ", %zu not up", read.parts - read.up);
	if (read.behind >= 0)
		buffer_format(lines, ", %lld %s not stored yet%s", (long long)read.behind,
		              read.behind == 1 ? "event" : "events", all_up ? "" : " when it was last known");
	buffer_char(lines, '\n');
	return all_up;
}

void ops_status_cell(struct text json, struct buffer *line)
{
	struct text name, value;
	struct json_reader *reader = json_reader_new(8, BYTES_MOST);
	bool inside = false;
	json_start(reader, json, 0);
	enum json_token token = json_next(reader, &name);
	while (token != JSON_FAULT && token != JSON_END && (token = json_next(reader, &name)) == JSON_KEY) {
		bool cell = !inside && text_equal(name, TEXT("cell")), says = inside && text_equal(name, TEXT("says"));
		token = json_next(reader, &value);
		if (cell && token == JSON_OBJECT)
			inside = true;
		else if (says && token == JSON_STRING)
			buffer_text(line, value);
		else
			token = json_skip(reader, token);
	}
	json_reader_free(reader);
}
