/* letter: what a mail to ops says of one thing, in its parts and in plain words. */
#include "ops/ops_internal.h"

#include "text/json_write.h"
#include "time/instant.h"

#include <string.h>

void ops_fill(const char *pattern, struct text with, struct buffer *out)
{
	for (const char *hole; (hole = strstr(pattern, "{}")); pattern = hole + 2) {
		buffer_add(out, pattern, (size_t)(hole - pattern));
		buffer_text(out, with);
	}
	buffer_string(out, pattern);
}

void ops_title(const struct ops_alert *alert, int64_t count, struct buffer *out)
{
	struct buffer number = {0};
	buffer_format(&number, "%lld", (long long)count);
	ops_fill(count > 1 ? alert->many : alert->one, buffer_view(&number), out);
	buffer_free(&number);
}

/* A command about something in particular is left out where nothing is; the general one stands beside it then. */
static bool command_applies(const char *command, const char *about)
{
	return command && (about || !strstr(command, "{}"));
}

static void put_step(struct json_writer *json, const struct ops_step *step, const char *about)
{
	json_object(json);
	json_put_string(json, "words", step->words);
	json_key(json, "commands");
	json_array(json);
	for (size_t i = 0; i < OPS_COMMANDS; i++) {
		struct buffer command = {0};
		if (command_applies(step->commands[i], about)) {
			ops_fill(step->commands[i], text_of(about), &command);
			json_text(json, buffer_view(&command));
		}
		buffer_free(&command);
	}
	json_array_end(json);
	json_object_end(json);
}

static void put_facts(struct json_writer *json, const struct ops_word *word)
{
	json_key(json, "facts");
	json_array(json);
	for (size_t i = 0; i < word->fact_count && i < OPS_FACTS; i++) {
		json_object(json);
		json_put_string(json, "label", word->facts[i].label);
		json_put_string(json, "value", word->facts[i].value);
		if (word->facts[i].more)
			json_put_string(json, "more", word->facts[i].more);
		json_object_end(json);
	}
	json_array_end(json);
}

/* Several that are told together have no key of their own: as their kind is. */
static const char *again(const struct ops_alert *alert, const struct ops_word *word)
{
	return ops_again(alert,
	                 word->key.length ? ops_lasts(alert, word->key, word->lasting) : word->lasting);
}

void ops_detail(const struct ops_word *word, const char *title, instant since, size_t others, bool worse,
                struct buffer *out)
{
	const struct ops_alert *alert = ops_alert(word->what);
	const struct ops_step *steps = ops_steps(alert, word->key);
	const char *second = word->second ? word->second : alert->second;
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_string(&json, "word", alert->id);
	json_put_string(&json, "title", title);
	if (second)
		json_put_string(&json, "more", second);
	json_put_string(&json, "change", worse ? "worse" : "new");
	json_put_instant(&json, "since", since);
	json_put_integer(&json, "others", (int64_t)others);
	json_put_string(&json, "meaning", word->meaning ? word->meaning : alert->meaning);
	put_facts(&json, word);
	json_key(&json, "steps");
	json_array(&json);
	for (size_t i = 0; i < OPS_STEPS && steps[i].words; i++)
		put_step(&json, &steps[i], word->about);
	json_array_end(&json);
	json_put_string(&json, "again", again(alert, word));
	json_object_end(&json);
}

void ops_plain(const struct ops_word *word, const char *title, struct buffer *out)
{
	const struct ops_alert *alert = ops_alert(word->what);
	const struct ops_step *steps = ops_steps(alert, word->key);
	const char *second = word->second ? word->second : alert->second;
	buffer_format(out, "%s%s%s.\n\nWhat it means for children: %s\n", title, second ? ". " : "",
	              second ? second : "", word->meaning ? word->meaning : alert->meaning);
	for (size_t i = 0; i < word->fact_count && i < OPS_FACTS; i++)
		buffer_format(out, "\n%s: %s%s%s\n", word->facts[i].label, word->facts[i].value,
		              word->facts[i].more ? "; " : "", word->facts[i].more ? word->facts[i].more : "");
	buffer_string(out, "\nWhat to do next:");
	for (size_t i = 0; i < OPS_STEPS && steps[i].words; i++) {
		buffer_format(out, " %s", steps[i].words);
		for (size_t k = 0; k < OPS_COMMANDS; k++) {
			if (!command_applies(steps[i].commands[k], word->about))
				continue;
			buffer_string(out, " `");
			ops_fill(steps[i].commands[k], text_of(word->about), out);
			buffer_char(out, '`');
		}
	}
	buffer_format(out, "\n\nWhen you hear of it again: %s", again(alert, word));
}
