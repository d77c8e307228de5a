/* state: a table of records by key, kept as a file of one line each. */
#include "import/state.h"

#include "base/map.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_LINE "casewatch import state 1\n"

struct record {
	struct text key, subject;
	uint64_t content; /* 0: withdrawn */
	unsigned version;
	bool seen;
	struct import_place place; /* of the row of this import that was taken */
};
struct import_state {
	struct arena *arena;
	struct map by_key;
	struct record *records;
	size_t count, room;
};

static struct text own(struct import_state *state, struct text text)
{
	return text_keep(state->arena, text);
}

static struct record *find(struct import_state *state, struct text key, uint64_t hash)
{
	struct map_walk walk = map_walk(&state->by_key, hash);
	for (uint32_t at; (at = map_next(&walk)) != MAP_NONE;)
		if (text_equal(state->records[at].key, key))
			return &state->records[at];
	return NULL;
}

static struct record *add(struct import_state *state, struct text key, struct text subject)
{
	struct record *record = mem_push((void **)&state->records, &state->count, &state->room, sizeof *record);
	*record = (struct record){.key = own(state, key), .subject = own(state, subject)};
	map_add(&state->by_key, text_hash(key, hash_seed()), (uint32_t)(state->count - 1));
	return record;
}

/* VERSION, CONTENT, SUBJECT and KEY, tabs between them: neither subjects nor keys hold tabs. */
static bool read_line(struct import_state *state, char *line)
{
	char *content = strchr(line, '\t'), *subject = content ? strchr(content + 1, '\t') : NULL;
	char *key = subject ? strchr(subject + 1, '\t') : NULL;
	if (!key)
		return false;
	*subject = *key = '\0';
	struct record *record = add(state, text_of(key + 1), text_of(subject + 1));
	record->version = (unsigned)strtoul(line, NULL, 10);
	record->content = strtoull(content + 1, NULL, 16);
	return record->version > 0;
}

struct import_state *import_state_read(const char *path, struct fault *fault)
{
	struct import_state *state = MEM_NEW(struct import_state);
	state->arena = arena_new((size_t)256 * 1024);
	FILE *file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return state;
	char *line = NULL;
	size_t room = 0;
	bool good = file && getline(&line, &room, file) > 0 && strcmp(line, FIRST_LINE) == 0;
	for (ssize_t length; good && (length = getline(&line, &room, file)) > 0;) {
		bool whole = line[length - 1] == '\n';
		line[length - 1] = '\0';
		good = whole && read_line(state, line);
	}
	bool readable = file && !ferror(file); /* half of what was sent would be taken for all of it */
	good = good && readable;
	if (!readable)
		(void)fault_set(fault, RESULT_PERMANENT, "cannot read %s: %s", path, strerror(errno));
	else if (!good)
		(void)fault_set(fault, RESULT_PERMANENT, "%s is no state of an import; name another file, or remove it",
		                path);
	free(line);
	if (file)
		(void)fclose(file);
	if (good)
		return state;
	import_state_free(state);
	return NULL;
}

enum result import_state_write(const struct import_state *state, const char *path, struct fault *fault)
{
	struct buffer beside = {0};
	buffer_format(&beside, "%s.new", path);
	FILE *file = fopen(buffer_cstr(&beside), "we");
	bool good = file && fputs(FIRST_LINE, file) >= 0;
	for (size_t i = 0; good && i < state->count; i++) {
		const struct record *record = &state->records[i];
		good = fprintf(file, "%u\t%016" PRIx64 "\t%.*s\t%.*s\n", record->version, record->content,
		               TEXT_ARG(record->subject), TEXT_ARG(record->key)) > 0;
	}
	good = good && fflush(file) == 0 && fsync(fileno(file)) == 0;
	if (file)
		good = fclose(file) == 0 && good;
	good = good && rename(buffer_cstr(&beside), path) == 0;
	enum result result =
		good ? RESULT_OK : fault_set(fault, RESULT_PERMANENT, "cannot write %s: %s", path, strerror(errno));
	buffer_free(&beside);
	return result;
}

void import_state_free(struct import_state *state)
{
	if (!state)
		return;
	arena_free(state->arena);
	map_free(&state->by_key);
	free(state->records);
	free(state);
}

unsigned import_state_next(struct import_state *state, struct text key, struct text subject, uint64_t content,
                           struct import_place here, struct import_place *before)
{
	struct record *record = find(state, key, text_hash(key, hash_seed()));
	if (!record)
		record = add(state, key, subject);
	bool same = record->version && record->content == content;
	record->seen = true;
	*before = record->place;
	if (!same && record->place.file)
		return IMPORT_CONTRADICTS;
	if (!record->place.file)
		record->place = here;
	if (!same)
		record->version++;
	record->content = content;
	return same ? 0 : record->version;
}

bool import_state_hold(struct import_state *state, struct text key)
{
	struct record *record = find(state, key, text_hash(key, hash_seed()));
	if (record)
		record->seen = true;
	return record != NULL;
}

void import_state_unseen(struct import_state *state, import_state_visit *visit, void *context)
{
	for (size_t i = 0; i < state->count; i++) {
		struct record *record = &state->records[i];
		if (record->seen || !record->content)
			continue;
		if (visit(context, record->key, record->subject, record->version))
			record->content = 0;
	}
}
