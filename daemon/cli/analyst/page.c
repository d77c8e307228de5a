/* page: HTML of the analyst's commands. */
#include "cli/analyst/page.h"

#include <errno.h>

#define BAR_PIXELS 160

static const char style[] =
	"body{font:16px/1.5 Arial,sans-serif;color:#0b0c0c;background:#fff;margin:0 auto;max-width:60em;padding:1em}"
	"h1{font-size:1.5em}h2{font-size:1.2em;margin:1.5em 0 .3em}"
	"p.l{white-space:pre-wrap;font:14px/1.45 monospace;margin:0;padding-left:4ch;text-indent:-2ch}"
	"table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3em .6em .3em 0;"
	"border-bottom:1px solid #b1b4b6}td.n,th.n{text-align:right}"
	".b{display:inline-block;height:.7em;background:#12508f;margin-right:.4em}"
	"@media(prefers-color-scheme:dark){body{color:#f3f2f1;background:#15181b}.b{background:#9cccff}}"
	/* On a phone a row is a block, and each cell a line with the title of its column. */
	"@media screen and (max-width:40em){thead{display:none}"
	"table,tbody,tr,td,td.n{display:block;text-align:left}"
	"tr{border-bottom:1px solid #b1b4b6;padding:.5em 0}td{border:0;padding:0;overflow-wrap:anywhere}"
	"td:first-child{font-weight:bold}td:not(:first-child):before{content:attr(data-title) \": \"}"
	".b{max-width:20vw}}"
	"@media print{body{max-width:none}tr{break-inside:avoid}}";

static void put(struct buffer *out, struct text words)
{
	for (size_t i = 0; i < words.length; i++) {
		unsigned char c = (unsigned char)words.at[i];
		if (c == '&')
			buffer_string(out, "&amp;");
		else if (c == '<')
			buffer_string(out, "&lt;");
		else if (c == '>')
			buffer_string(out, "&gt;");
		else if (c == '"')
			buffer_string(out, "&quot;");
		else if (c >= 0x20 || c == '\n')
			buffer_char(out, (char)c);
	}
}

enum cli_status page_write(struct cli *cli, const char *path, struct buffer *page)
{
	FILE *file = fopen(path, "we");
	bool good = file && fwrite(buffer_cstr(page), 1, page->length, file) == page->length;
	if (file)
		good = fclose(file) == 0 && good;
	buffer_free(page);
	return good ? CLI_FINE : cli_failed(cli, "cannot write %s: %s", path, strerror(errno));
}

void page_begin(struct buffer *out, const char *title)
{
	buffer_string(out, "<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\">"
	                   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
	                   "<meta name=\"color-scheme\" content=\"light dark\"><title>");
	put(out, text_of(title));
	buffer_format(out, "</title><style>%s</style></head><body><main>\n<p>OFFICIAL-SENSITIVE</p>\n<h1>", style);
	put(out, text_of(title));
	buffer_string(out, "</h1>\n");
}

void page_end(struct buffer *out)
{
	buffer_string(out, "</main></body></html>\n");
}

void page_heading(struct buffer *out, const char *words)
{
	buffer_string(out, "<h2>");
	put(out, text_of(words));
	buffer_string(out, "</h2>\n");
}

void page_paragraph(struct buffer *out, struct text words)
{
	buffer_string(out, "<p>");
	put(out, words);
	buffer_string(out, "</p>\n");
}

/* Lines further in stay so, also where a phone breaks them. */
static void put_line(struct buffer *out, struct text line)
{
	size_t in = 0;
	while (in < line.length && line.at[in] == ' ')
		in++;
	buffer_format(out, "<p class=\"l\" style=\"margin-left:%zuch\">", in > 2 ? in - 2 : 0);
	put(out, (struct text){line.at + in, line.length - in});
	buffer_string(out, "</p>\n");
}

static void page_words(struct buffer *out, struct text words)
{
	while (words.length) {
		const char *end = memchr(words.at, '\n', words.length);
		struct text line = {words.at, end ? (size_t)(end - words.at) : words.length};
		size_t taken = line.length + (end != NULL);
		bool heading = line.length && line.at[0] != ' ';
		if (heading) {
			buffer_string(out, "<h2>");
			put(out, line);
			buffer_string(out, "</h2>\n");
		} else if (line.length) {
			put_line(out, line);
		}
		words = (struct text){words.at + taken, words.length - taken};
	}
}

void page_table_begin(struct buffer *out, const char *const *titles)
{
	buffer_string(out, "<table><thead><tr>");
	for (; *titles; titles++) {
		buffer_string(out, "<th scope=\"col\">");
		put(out, text_of(*titles));
		buffer_string(out, "</th>");
	}
	buffer_string(out, "</tr></thead><tbody>\n");
}

void page_row_begin(struct buffer *out)
{
	buffer_string(out, "<tr>");
}

static void begin_cell(struct buffer *out, const char *title, const char *class)
{
	buffer_format(out, "<td%s data-title=\"", class);
	put(out, text_of(title));
	buffer_string(out, "\">");
}

void page_cell(struct buffer *out, const char *title, struct text words)
{
	begin_cell(out, title, "");
	put(out, words);
	buffer_string(out, "</td>");
}

void page_number(struct buffer *out, const char *title, int64_t number)
{
	begin_cell(out, title, " class=\"n\"");
	buffer_format(out, "%lld</td>", (long long)number);
}

void page_bar(struct buffer *out, const char *title, int64_t number, int64_t of)
{
	begin_cell(out, title, "");
	buffer_format(out, "<span class=\"b\" style=\"width:%lldpx\"></span>%lld</td>",
	              (long long)(of > 0 ? number * BAR_PIXELS / of : 0), (long long)number);
}

void page_row_end(struct buffer *out)
{
	buffer_string(out, "</tr>\n");
}

void page_table_end(struct buffer *out)
{
	buffer_string(out, "</tbody></table>\n");
}

enum cli_status page_of_words(struct cli *cli, const char *path, const char *title, struct buffer *words)
{
	struct buffer page = {0};
	page_begin(&page, title);
	page_words(&page, buffer_view(words));
	page_end(&page);
	buffer_free(words);
	return page_write(cli, path, &page);
}
