/* preview: blanks collapsed, tags left out, cut after the word in which the shown characters end. */
#include "text/preview.h"

struct shown {
	struct buffer *out;
	size_t characters;
	bool blank; /* the last thing seen was a blank */
	bool done;
};

static bool is_blank(unsigned char c)
{
	return c <= ' ';
}

static void take_character(struct shown *shown, char c)
{
	if (is_blank((unsigned char)c)) {
		shown->blank = true;
		return;
	}
	if (shown->blank && shown->characters) {
		if (shown->characters >= PREVIEW_CHARACTERS) {
			shown->done = true;
			return;
		}
		buffer_char(shown->out, ' ');
		shown->characters++;
	}
	shown->blank = false;
	buffer_char(shown->out, c);
	shown->characters += ((unsigned char)c & 0xc0) != 0x80;
}

void preview_of_text(struct text text, struct buffer *out)
{
	struct shown shown = {.out = out};
	for (size_t i = 0; i < text.length && !shown.done; i++)
		take_character(&shown, text.at[i]);
}

/* The references that template_escape_html writes, and &nbsp;; any other is taken as it stands. Returns its length. */
static size_t take_reference(struct shown *shown, struct text rest)
{
	static const struct {
		const char *name;
		const char *value;
	} references[] = {{"&amp;", "&"},    {"&lt;", "<"},    {"&gt;", ">"},       {"&quot;", "\""},   {"&#39;", "'"},
	                  {"&nbsp;", " "},   {"&rsquo;", "'"}, {"&ldquo;", "\""}, {"&rdquo;", "\""}};
	for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
		size_t length = strlen(references[i].name);
		if (rest.length >= length && memcmp(rest.at, references[i].name, length) == 0) {
			take_character(shown, references[i].value[0]);
			return length;
		}
	}
	take_character(shown, '&');
	return 1;
}

/* Behind the tag or comment that begins at `at`. */
static size_t skip_tag(struct text html, size_t at)
{
	bool comment = html.length - at >= 4 && memcmp(html.at + at, "<!--", 4) == 0;
	const char *end = comment ? memmem(html.at + at, html.length - at, "-->", 3)
	                          : memchr(html.at + at, '>', html.length - at);
	if (!end)
		return html.length;
	return (size_t)(end - html.at) + (comment ? 3 : 1);
}

void preview_of_html(struct text html, struct buffer *out)
{
	struct shown shown = {.out = out};
	const char *body = html.length ? memmem(html.at, html.length, "<body", 5) : NULL;
	size_t at = body ? (size_t)(body - html.at) : 0;
	while (at < html.length && !shown.done) {
		if (html.at[at] == '<') {
			at = skip_tag(html, at);
			shown.blank = true; /* cells and paragraphs stand apart */
		} else if (html.at[at] == '&') {
			at += take_reference(&shown, (struct text){html.at + at, html.length - at});
		} else {
			take_character(&shown, html.at[at++]);
		}
	}
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ((unsigned char)c & 0x80);
}

bool preview_names(struct text shown, struct text words)
{
	for (size_t at = 0; words.length && at + words.length <= shown.length; at++) {
		bool begins = at == 0 || !is_word(shown.at[at - 1]);
		size_t end = at + words.length;
		bool ends = end == shown.length || !is_word(shown.at[end]);
		if (begins && ends && memcmp(shown.at + at, words.at, words.length) == 0)
			return true;
	}
	return false;
}
