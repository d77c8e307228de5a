/* ops_mail: a payload's detail as the data of ops-mail and ops-daily. */
#include "message/ops_mail.h"

#include "text/json_read.h"
#include "text/layout.h"
#include "text/place.h"
#include "time/words.h"

#include <stdlib.h>

#define DEPTH 6         /* of the JSON that ops/ writes */
#define STRING_BYTES 65536
#define SECTION_ROWS 100 /* of one list; a digest with more things wrong counts the rest */

/* ---- JSON as data ---- */

struct reading {
	struct json_reader *reader;
	struct arena *arena;
	bool failed;
};

static char *keep_text(struct reading *reading, struct text text)
{
	return arena_copy_text(reading->arena, text.at, text.length);
}

static void read_map(struct reading *reading, struct data *map);

static void read_list(struct reading *reading, struct data *list)
{
	struct text value;
	for (size_t rows = 0; !reading->failed; rows++) {
		enum json_token token = json_next(reading->reader, &value);
		if (token == JSON_ARRAY_END)
			return;
		bool fits = rows < SECTION_ROWS;
		if (token == JSON_STRING && fits)
			data_item_text(list, value);
		else if (token == JSON_OBJECT && fits)
			read_map(reading, data_item(list));
		else if (token == JSON_FAULT || token == JSON_END || json_skip(reading->reader, token) == JSON_FAULT)
			reading->failed = true;
	}
}

static void read_value(struct reading *reading, struct data *map, const char *name, enum json_token token,
                       struct text value)
{
	switch (token) {
	case JSON_STRING:
	case JSON_NUMBER:
		data_text(map, name, value);
		break;
	case JSON_ARRAY:
		read_list(reading, data_list(map, name));
		break;
	case JSON_OBJECT:
		read_map(reading, data_map(map, name));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		data_flag(map, name, token == JSON_TRUE);
		break;
	case JSON_NULL:
		break;
	case JSON_FAULT:
	case JSON_END:
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
	case JSON_KEY:
		reading->failed = true;
		break;
	}
}

static void read_map(struct reading *reading, struct data *map)
{
	struct text key, value = TEXT_NONE;
	while (!reading->failed) {
		enum json_token token = json_next(reading->reader, &key);
		if (token == JSON_OBJECT_END)
			return;
		if (token != JSON_KEY) {
			reading->failed = true;
			return;
		}
		const char *name = keep_text(reading, key);
		token = json_next(reading->reader, &value);
		read_value(reading, map, name, token, value);
	}
}

static struct data *read_detail(struct text detail, struct arena *arena)
{
	struct reading reading = {.reader = json_reader_new(DEPTH, STRING_BYTES), .arena = arena};
	struct data *root = data_new(DATA_MAP, arena);
	struct text value;
	json_start(reading.reader, detail, 0);
	if (json_next(reading.reader, &value) == JSON_OBJECT)
		read_map(&reading, root);
	else
		reading.failed = true;
	json_reader_free(reading.reader);
	return reading.failed ? NULL : root;
}

/* ---- names ---- */

static struct text text_at(const struct data *map, const char *name)
{
	const struct data *value = data_get(map, text_of(name));
	return value ? data_value(value) : TEXT_NONE;
}

/* Every name that a template uses is there, empty where nothing was said. */
static void take_texts(const struct data *given, struct data *root, const char *const *names)
{
	for (; *names; names++)
		data_text(root, *names, text_at(given, *names));
}

/* The first item of the list `name`; NULL: there is none. */
static const struct data *items(const struct data *given, const char *name)
{
	const struct data *list = data_get(given, text_of(name));
	return list ? data_first(list) : NULL;
}

static int64_t number_at(const struct data *map, const char *name)
{
	struct text digits = text_at(map, name);
	int64_t number = 0;
	for (size_t i = 0; i < digits.length && digits.at[i] >= '0' && digits.at[i] <= '9' && i < 9; i++)
		number = number * 10 + (digits.at[i] - '0');
	return number;
}

/* A command is copied as it stands: its quotes stay straight. */
static void escape_command(struct text command, struct buffer *out)
{
	for (size_t i = 0; i < command.length; i++) {
		char c = command.at[i];
		if (c == '&')
			buffer_string(out, "&amp;");
		else if (c == '<')
			buffer_string(out, "&lt;");
		else if (c == '>')
			buffer_string(out, "&gt;");
		else if (c == '"')
			buffer_string(out, "&quot;");
		else if (c == '\'')
			buffer_string(out, "&#39;");
		else
			buffer_char(out, (unsigned char)c < ' ' || c == 0x7f ? ' ' : c);
	}
}

static size_t next_option(struct text command, size_t from)
{
	for (size_t i = from; i + 3 < command.length; i++)
		if (memcmp(command.at + i, " --", 3) == 0)
			return i;
	return command.length;
}

/* The command up to its options, and each option by itself, so that no line breaks within one. */
static void put_command(struct data *row, struct text command)
{
	struct buffer html = {0};
	size_t at = next_option(command, 0);
	data_text(row, "command", command);
	escape_command((struct text){command.at, at}, &html);
	data_text(row, "command_html", buffer_view(&html));
	struct data *options = data_list(row, "options");
	while (at < command.length) {
		size_t end = next_option(command, at + 1);
		buffer_clear(&html);
		escape_command((struct text){command.at + at + 1, end - at - 1}, &html);
		data_text(data_item(options), "option_html", buffer_view(&html));
		at = end;
	}
	buffer_free(&html);
}

/* The duty team's number within the words becomes a link. */
static void put_step_words(struct data *row, struct text words, const char *phone)
{
	const char *at = phone && *phone && words.length ? memmem(words.at, words.length, phone, strlen(phone)) : NULL;
	size_t before = at ? (size_t)(at - words.at) : words.length;
	size_t after = at ? before + strlen(phone) : words.length;
	data_text(row, "words", (struct text){words.at, before});
	data_flag(row, "phone", at != NULL);
	data_text(row, "words_after", (struct text){words.at + after, words.length - after});
}

static void put_steps(const struct data *given, struct data *root, const char *phone)
{
	struct data *steps = data_list(root, "steps");
	size_t number = 0;
	for (const struct data *step = items(given, "steps"); step; step = data_next(step)) {
		struct data *row = data_item(steps);
		data_format(row, "number", "%zu", ++number);
		put_step_words(row, text_at(step, "words"), phone);
		struct data *commands = data_list(row, "commands");
		for (const struct data *command = items(step, "commands"); command; command = data_next(command))
			put_command(data_item(commands), data_value(command));
	}
}

static void put_facts(const struct data *given, struct data *root)
{
	static const char *const names[] = {"label", "value", "more", NULL};
	struct data *facts = data_list(root, "facts");
	for (const struct data *fact = items(given, "facts"); fact; fact = data_next(fact)) {
		struct data *row = data_item(facts);
		take_texts(fact, row, names);
		if (!text_at(fact, "value").length)
			data_string(row, "value", "Not recorded");
	}
	data_flag(root, "facts_any", data_count(facts) > 0);
}

/* "a child may be behind it" in a heading that goes on; with a capital in a line of its own. */
static void put_more(const struct data *given, struct data *root)
{
	struct text more = text_at(given, "more");
	struct buffer words = {0};
	words_sentence(more, &words);
	data_text(root, "more_sentence", buffer_view(&words));
	if (words.length > 1 && words.at[1] >= 'a' && words.at[1] <= 'z' && words.at[0] >= 'A' && words.at[0] <= 'Z')
		words.at[0] = (char)(words.at[0] + 32);
	data_text(root, "more_heading", buffer_view(&words));
	buffer_free(&words);
}

static void fill_mail(const struct data *given, struct data *root, const struct message_input *input)
{
	static const char *const names[] = {"word", "title", "urgency", "meaning", "again", NULL};
	int64_t others = number_at(given, "others");
	bool counted = data_get(given, TEXT("others")) != NULL;
	struct buffer words = {0};
	take_texts(given, root, names);
	data_flag(root, "worse", text_equal(text_at(given, "change"), TEXT("worse")));
	data_flag(root, "all_else", counted && others == 0);
	if (others > 0)
		words_count(others, "thing is", "things are", &words);
	data_text(root, "others", buffer_view(&words));
	buffer_free(&words);
	data_flag(root, "lead_any",
	          counted || data_holds(data_get(root, TEXT("urgency"))) || data_holds(data_get(root, TEXT("worse"))));
	put_more(given, root);
	put_facts(given, root);
	put_steps(given, root, input->directory ? input->directory->duty_phone : NULL);
}

/* ---- the digest ---- */

/* The meaning and the next step go on a line that is begun: "For children: nobody was told." */
static void put_going_on(const struct data *given, struct data *row, const char *name)
{
	struct text words = text_at(given, name);
	struct buffer small = {0};
	buffer_text(&small, words);
	bool plain = words.length > 1 && words.at[0] >= 'A' && words.at[0] <= 'Z' &&
	             ((words.at[1] >= 'a' && words.at[1] <= 'z') || words.at[1] == ' ');
	if (plain)
		small.at[0] = (char)(small.at[0] + 32);
	data_text(row, name, buffer_view(&small));
	buffer_free(&small);
}

/* How many there are, also beyond those that are named. */
static void put_count(const struct data *given, struct data *root, const char *name, size_t named)
{
	if (data_get(given, text_of(name)))
		data_text(root, name, text_at(given, name));
	else
		data_format(root, name, "%zu", named);
}

static void put_needs(const struct data *given, struct data *root)
{
	static const char *const names[] = {"title", "since", "change", NULL};
	struct data *needs = data_list(root, "needs");
	size_t number = 0;
	for (const struct data *need = items(given, "needs"); need; need = data_next(need)) {
		struct data *row = data_item(needs);
		data_format(row, "number", "%zu", ++number);
		take_texts(need, row, names);
		put_going_on(need, row, "meaning");
		put_going_on(need, row, "next");
		put_command(row, text_at(need, "command"));
	}
	data_flag(root, "needs_any", number > 0);
	put_count(given, root, "needs_count", number);
}

/* "The words are ops.quarantine, ops.nobody and ops.mail-down." */
static void put_words(const struct data *given, struct data *root)
{
	const struct data *list = data_get(given, TEXT("words"));
	size_t count = list ? data_count(list) : 0, at = 0;
	struct buffer words = {0};
	if (count)
		buffer_string(&words, count == 1 ? "The word is " : "The words are ");
	for (const struct data *word = items(given, "words"); word; word = data_next(word)) {
		buffer_string(&words, words_between(at++, count));
		buffer_text(&words, data_value(word));
	}
	if (count)
		buffer_char(&words, '.');
	data_text(root, "words", buffer_view(&words));
	buffer_free(&words);
}

static void put_headline(struct data *root)
{
	int64_t needs = number_at(root, "needs_count"), worse = number_at(root, "worse_count"),
		ended = number_at(root, "ended_count");
	struct buffer words = {0};
	if (needs)
		data_format(root, "headline", "Operations: %lld %s you", (long long)needs,
		            needs == 1 ? "thing needs" : "things need");
	else
		data_string(root, "headline", "Operations: nothing needs you");
	if (worse)
		buffer_format(&words, "%lld %s worse", (long long)worse, worse == 1 ? "is" : "are");
	if (ended)
		buffer_format(&words, "%s%lld %s ended", worse ? ", " : "", (long long)ended,
		              ended == 1 ? "has" : "have");
	data_text(root, "news", buffer_view(&words));
	data_text(root, "title", text_at(root, "headline"));
	buffer_free(&words);
}

static void fill_daily(const struct data *given, struct data *root)
{
	static const char *const rows[] = {"label", "value", NULL};
	static const char *const names[] = {"word", "expected", NULL};
	take_texts(given, root, names);
	data_text(root, "worse_count", text_at(given, "worse"));
	put_needs(given, root);
	struct data *ended = data_list(root, "ended"), *works = data_list(root, "works");
	for (const struct data *over = items(given, "ended"); over; over = data_next(over))
		data_item_text(ended, data_value(over));
	put_count(given, root, "ended_count", data_count(ended));
	for (const struct data *work = items(given, "works"); work; work = data_next(work))
		take_texts(work, data_item(works), rows);
	put_words(given, root);
	put_headline(root);
}

/* ---- the mail ---- */

static bool is_daily(const struct data *root)
{
	return text_equal(text_at(root, "word"), TEXT("ops.daily"));
}

static void subject_of(const struct data *root, struct buffer *out)
{
	int64_t needs = number_at(root, "needs_count"), worse = number_at(root, "worse_count");
	if (!is_daily(root)) {
		buffer_format(out, "casewatch: %.*s", TEXT_ARG(text_at(root, "title")));
		return;
	}
	buffer_string(out, "casewatch: operations, ");
	if (needs)
		buffer_format(out, "%lld %s you", (long long)needs, needs == 1 ? "needs" : "need");
	else
		buffer_string(out, "nothing needs you");
	if (worse)
		buffer_format(out, ", %lld worse", (long long)worse);
}

static void put_common(struct data *root, const struct message_input *input)
{
	struct buffer words = {0};
	const char *phone = input->directory && input->directory->duty_phone ? input->directory->duty_phone : "";
	words_moment(calendar_zone(input->calendar), (struct words_moment){input->now, false}, WORDS_FULL_YEAR, &words);
	data_text(root, "sent", buffer_view(&words));
	data_string(root, "council", input->council);
	buffer_clear(&words);
	phone_dialled(phone, &words);
	data_text(root, "duty_tel", buffer_view(&words));
	buffer_clear(&words);
	phone_shown(phone, &words);
	data_text(root, "duty_phone", buffer_view(&words));
	buffer_clear(&words);
	subject_of(root, &words);
	data_text(root, "subject", buffer_view(&words));
	data_text(root, "page_title", text_at(root, "title"));
	buffer_free(&words);
}

static struct data *page_of(const struct message_input *input, struct arena *arena)
{
	const struct data *given = read_detail(input->payload->detail, arena);
	struct data *root = data_new(DATA_MAP, arena);
	if (!given)
		return NULL;
	if (is_daily(given))
		fill_daily(given, root);
	else
		fill_mail(given, root, input);
	put_common(root, input);
	return root;
}

enum result ops_mail_render(const struct message_input *input, struct message *out, struct fault *fault)
{
	struct arena *arena = arena_new(16 * 1024);
	struct buffer wide = {0};
	struct data *root = page_of(input, arena);
	enum result result = RESULT_OK;
	if (!root) {
		result = fault_set(fault, RESULT_PERMANENT,
		                   "the detail of a message to operations is no JSON of its kind");
		goto out;
	}
	const char *name = is_daily(root) ? "ops-daily" : "ops-mail";
	struct buffer file = {0};
	buffer_format(&file, "%s.txt", name);
	result = template_render(input->templates, buffer_cstr(&file), root, &wide, fault);
	if (result == RESULT_OK)
		layout_text(buffer_view(&wide), &out->text);
	buffer_clear(&file);
	buffer_format(&file, "%s.html", name);
	if (result == RESULT_OK)
		result = template_render(input->templates, buffer_cstr(&file), root, &out->html, fault);
	buffer_free(&file);
	if (result == RESULT_OK)
		buffer_text(&out->subject, text_at(root, "subject"));
out:
	buffer_free(&wide);
	arena_free(arena);
	return result;
}

enum result ops_mail_check(const struct message_input *input, struct fault *fault)
{
	static const char *const details[] = {
		"{\"word\":\"ops.x\",\"title\":\"x\",\"more\":\"x\",\"change\":\"worse\",\"others\":1,\"urgency\":"
	        "\"x\",\"meaning\":\"x\","
		"\"facts\":[{\"label\":\"x\",\"value\":\"x\",\"more\":\"x\"}],"
		"\"steps\":[{\"words\":\"x\",\"commands\":[\"x --x\"]}],\"again\":\"x\"}",
		"{\"word\":\"ops.daily\",\"worse\":1,\"needs\":[{\"title\":\"x\",\"since\":\"x\",\"change\":\"x\","
	        "\"meaning\":\"x\","
		"\"next\":\"x\",\"command\":\"x\"}],\"ended\":[\"x\"],\"works\":[{\"label\":\"x\",\"value\":\"x\"}],"
		"\"words\":[\"ops.x\"],\"expected\":\"x\"}"};
	static const char *const files[][2] = {{"ops-mail.txt", "ops-mail.html"}, {"ops-daily.txt", "ops-daily.html"}};
	struct arena *arena = arena_new(16 * 1024);
	enum result result = RESULT_OK;
	for (size_t i = 0; i < 2 && result == RESULT_OK; i++) {
		struct payload payload = *input->payload;
		struct message_input example = *input;
		payload.detail = text_of(details[i]);
		example.payload = &payload;
		const struct data *root = page_of(&example, arena);
		for (size_t k = 0; k < 2 && result == RESULT_OK; k++)
			result = template_check(input->templates, files[i][k], root, fault);
	}
	arena_free(arena);
	return result;
}
