/* sample: histories by chance. */
#include "cli/sample.h"

#include "base/digest.h"
#include "time/words.h"

enum result sample_take(struct store *store, size_t most, const struct sample *sample, history_visit *visit,
                        void *argument, struct fault *fault)
{
	struct store_figures figures;
	uint64_t random = 0;
	uint32_t last;
	enum result result = store_figures(store, &figures, fault);
	if (result != RESULT_OK)
		return result;
	uint64_t count = figures.histories, step = count > most && most ? count / most : 1;
	digest_random(&random, sizeof random);
	for (uint64_t at = random % step; at < count && result == RESULT_OK && sample->looked < most; at += step)
		result = histories_each(store, (uint32_t)at, 1, &last, visit, argument, fault);
	return result;
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
	}
}

void sample_free(struct sample *sample)
{
	buffer_free(&sample->words);
}
