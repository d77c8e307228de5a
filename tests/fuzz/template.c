/* Any wording: it parses or says why; parsed, it renders or says why, is never longer than it may be. The first byte
 * chooses between html, text and json. */
#include "text/template.h"
#include "fuzz.h"

#define MARKUP "<i>\n\"x\""

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char *const names[] = {"x.html", "x.txt", "x.json"};
	struct fault fault = {{0}};
	struct buffer out = {0};
	char *owned;
	if (!length)
		return 0;
	const char *name = names[bytes[0] % 3];
	struct text source = fuzz_text(bytes + 1, length - 1, &owned);
	struct template_set *set = template_new();
	if (template_add(set, name, source, &fault) != RESULT_OK) {
		FUZZ_EXPECT(fault.text[0]);
	} else {
		struct arena *arena = arena_new(1024);
		struct data *data = data_new(DATA_MAP, arena);
		data_text(data, "a", TEXT(MARKUP));
		struct data *list = data_list(data, "b");
		for (int i = 0; i < 2; i++)
			data_text(data_item(list), "c", TEXT(MARKUP));
		enum result result = template_render(set, name, data, &out, &fault);
		FUZZ_EXPECT((result == RESULT_OK) == (fault.text[0] == '\0'));
		FUZZ_EXPECT(out.length <= TEMPLATE_OUTPUT + TEMPLATE_FILE_BYTES);
		(void)template_check(set, name, data, &fault);
		arena_free(arena);
	}
	buffer_free(&out);
	template_free(set);
	free(owned);
	return 0;
}
