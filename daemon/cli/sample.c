/* sample: histories by chance. */
#include "cli/sample.h"

#include "base/digest.h"
#include "time/words.h"

enum result sample_take(struct store *store, size_t most, struct sample *sample, history_visit *visit, void *argument,
                        struct fault *fault)
{
	struct store_figures figures;
	uint64_t random = 0;
	uint32_t last;
	sample->taken = true;
	enum result result = store_figures(store, &figures, fault);
	if (result != RESULT_OK)
		return result;
	uint64_t count = figures.histories, step = count > most && most ? count / most : 1;
	digest_random(&random, sizeof random);
	for (uint64_t at = random % step; at < count && result == RESULT_OK && sample->looked < most; at += step)
		result = histories_each(store, (uint32_t)at, 1, &last, visit, argument, fault);
	return result;
}

const char *sample_pass_name(enum sample_pass pass)
{
	switch (pass) {
	case SAMPLE_LINKED: return "linked";
	case SAMPLE_LONG: return "long";
	case SAMPLE_DUE: return "due";
	case SAMPLE_NOT_YET: return "not_yet";
	}
	return "";
}

static void put_pass(enum sample_pass pass, struct buffer *out)
{
	switch (pass) {
	case SAMPLE_LINKED: buffer_string(out, " of linked ids"); break;
	case SAMPLE_LONG:
		buffer_string(out, " with more than ");
		words_number(SAMPLE_EVENTS_MOST, out);
		buffer_string(out, " records");
		break;
	case SAMPLE_DUE: buffer_string(out, " due at this very moment"); break;
	case SAMPLE_NOT_YET: buffer_string(out, " whose newest records are not in the registers yet"); break;
	}
}

/* What nobody looked at is said: silence would pass for "all is well". */
static void put_passed(const struct sample *sample, struct buffer *out)
{
	size_t all = 0, before = 0;
	for (int i = 0; i < SAMPLE_PASSES; i++)
		all += sample->passed[i];
	if (!all)
		return;
	words_count((int64_t)all, "history was", "histories were", out);
	buffer_string(out, " passed over: ");
	for (int i = 0; i < SAMPLE_PASSES; i++) {
		if (!sample->passed[i])
			continue;
		buffer_string(out, before++ ? ", " : "");
		words_number((int64_t)sample->passed[i], out);
		put_pass((enum sample_pass)i, out);
	}
	buffer_string(out, ".\n");
}

void sample_put(const struct sample *sample, const struct sample_words *words, struct buffer *out)
{
	if (sample->why_not) {
		buffer_format(out, "%s not compared with the records: %s.\n", words->what, sample->why_not);
	} else if (sample->looked) {
		buffer_string(out, words->before);
		words_count((int64_t)sample->looked, "history was", "histories were", out);
		buffer_format(out, " %s%s", words->done, sample->wrong ? ", and differ:\n" : words->fine);
		buffer_text(out, buffer_view(&sample->words));
		if (sample->wrong)
			buffer_format(out, "Next: %s\n", words->next);
	} else if (sample->taken) {
		buffer_format(out, "%s%s history was %s.\n", words->before, words->before[0] ? "no" : "No",
		              words->done);
	}
	put_passed(sample, out);
}

void sample_free(struct sample *sample)
{
	buffer_free(&sample->words);
}
