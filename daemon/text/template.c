/* template: a directory of parsed templates, and filling one with data. */
#include "text/template.h"

#include "base/file.h"
#include "base/pool.h"

#include "text/template_parse.h"
#include "text/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SUFFIX ".mustache"

struct template {
	char *name;        /* "alert.html" */
	size_t name_length;
	char *label;       /* for faults: the file */
	char *source;
	void (*escape)(struct text value, struct buffer *out); /* by what its name ends in */
	struct parts parts;
};

struct template_set {
	struct template *items;
	size_t count, room;
	uint64_t fingerprint; /* a sum: the order of files means nothing */
};

struct template_set *template_new(void)
{
	return MEM_NEW(struct template_set);
}

static void template_clear(struct template *template)
{
	free(template->name);
	free(template->label);
	free(template->source);
	free(template->parts.items);
}

static void free_set(void *item)
{
	struct template_set *set = item;
	for (size_t i = 0; i < set->count; i++)
		template_clear(&set->items[i]);
	free(set->items);
	free(set);
}

void template_free(struct template_set *set)
{
	if (set && !pool_leave(set))
		free_set(set);
}

static const struct template *find(const struct template_set *set, struct text name)
{
	for (size_t i = 0; i < set->count; i++)
		if (text_equal((struct text){set->items[i].name, set->items[i].name_length}, name))
			return &set->items[i];
	return NULL;
}

uint64_t template_fingerprint(const struct template_set *set)
{
	return set->fingerprint;
}

bool template_has(const struct template_set *set, const char *name)
{
	return find(set, text_of(name)) != NULL;
}

static const char *extension(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot ? dot : "";
}

static void (*escape_of(const char *name))(struct text, struct buffer *)
{
	const char *ending = extension(name);
	if (strcmp(ending, ".html") == 0)
		return template_escape_html;
	return strcmp(ending, ".json") == 0 ? template_escape_json : template_escape_text;
}

static enum result add(struct template_set *set, const char *name, const char *label, struct text source,
                       struct fault *fault)
{
	if (find(set, text_of(name)))
		return fault_set(fault, RESULT_PERMANENT, "%s: there are two templates of this name", label);
	struct template made = {.name = mem_copy_text(name, strlen(name)), .name_length = strlen(name),
	                        .label = mem_copy_text(label, strlen(label)),
	                        .source = mem_copy_text(source.at ? source.at : "", source.length),
	                        .escape = escape_of(name)};
	enum result result =
		template_parse(made.label, (struct text){made.source, source.length}, &made.parts, fault);
	if (result != RESULT_OK) {
		template_clear(&made);
		return result;
	}
	if (strcmp(extension(name), ".html") == 0)
		template_find_words(&made.parts);
	void *items = set->items;
	*(struct template *)mem_push(&items, &set->count, &set->room, sizeof made) = made;
	set->items = items;
	set->fingerprint += text_fingerprint(text_of(name), text_fingerprint(source, 1));
	return RESULT_OK;
}

/* "letter" in "alert.html" is "letter.html": its number in the set, from 1; 0: it is not there. */
static size_t number_of_partial(const struct template_set *set, const struct template *from, struct text name)
{
	const char *kind = extension(from->name);
	for (size_t i = 0; i < set->count; i++) {
		const char *other = set->items[i].name;
		if (strncmp(other, name.at, name.length) == 0 && strcmp(other + name.length, kind) == 0)
			return i + 1;
	}
	return 0;
}

/* Once a set: each message would look for some twenty of them. */
static void find_partials(struct template_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct template *template = &set->items[i];
		for (size_t k = 0; k < template->parts.count; k++) {
			struct part *part = &template->parts.items[k];
			if (part->kind == PART_PARTIAL && !part->partial)
				part->partial = number_of_partial(set, template, part->text);
		}
	}
}

enum result template_add(struct template_set *set, const char *name, struct text source, struct fault *fault)
{
	enum result result = add(set, name, name, source, fault);
	find_partials(set);
	return result;
}

/* What editors and copies leave behind would stand in each message made of it, or leave nothing in it. */
static enum result check_source(const char *path, struct text source, struct fault *fault)
{
	size_t valid = utf8_valid(source);
	int line = 1;
	for (size_t i = 0; i < valid; i++) {
		unsigned char c = (unsigned char)source.at[i];
		if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
			return fault_set(fault, RESULT_PERMANENT, "%s:%d: a control character (0x%02X); remove it",
			                 path, line, c);
		line += c == '\n';
	}
	if (valid < source.length)
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s:%d: byte 0x%02X is not UTF-8; save the file as UTF-8 (it may be Windows-1252, "
		                 "Latin-1 or UTF-16 now)",
		                 path, line, (unsigned char)source.at[valid]);
	if (text_is_blank(source))
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s:1: empty; write what it says, or {{! nothing }} where nothing is meant", path);
	return RESULT_OK;
}

/* Without the mark that some editors put before UTF-8. */
static struct text without_mark(struct text source)
{
	static const struct text mark = TEXT_LITERAL("\xEF\xBB\xBF");
	bool marked = source.length >= mark.length && memcmp(source.at, mark.at, mark.length) == 0;
	return marked ? (struct text){source.at + mark.length, source.length - mark.length} : source;
}

static enum result add_file(struct template_set *set, const char *directory, const char *file, struct fault *fault)
{
	enum result result = RESULT_OK;
	struct buffer path = {0}, content = {0};
	buffer_format(&path, "%s/%s", directory, file);
	FILE *stream = file_read(path.at);
	if (!stream) {
		result = fault_set(fault, RESULT_PERMANENT, "%s: cannot be read: %s", path.at, strerror(errno));
		goto out;
	}
	char chunk[8192];
	size_t got;
	while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0 && content.length <= TEMPLATE_FILE_BYTES)
		buffer_add(&content, chunk, got);
	if (ferror(stream))
		result = fault_set(fault, RESULT_PERMANENT, "%s: cannot be read: %s", path.at, strerror(errno));
	else if (content.length > TEMPLATE_FILE_BYTES)
		result = fault_set(fault, RESULT_PERMANENT, "%s: is over %d KiB: a template is smaller", path.at,
		                   TEMPLATE_FILE_BYTES / 1024);
	fclose(stream);
	struct text source = without_mark(buffer_view(&content));
	if (result == RESULT_OK)
		result = check_source(path.at, source, fault);
	if (result == RESULT_OK) {
		char *name = mem_copy_text(file, strlen(file) - strlen(SUFFIX));
		result = add(set, name, path.at, source, fault);
		free(name);
	}
out:
	buffer_free(&content);
	buffer_free(&path);
	return result;
}

/* Of templates in a set. */
static const struct template *partial_of(const struct template_set *set, const struct part *part)
{
	return part->partial ? &set->items[part->partial - 1] : NULL;
}

static enum result partials_exist(const struct template_set *set, struct fault *fault)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct template *template = &set->items[i];
		for (size_t k = 0; k < template->parts.count; k++) {
			const struct part *part = &template->parts.items[k];
			if (part->kind == PART_PARTIAL && !partial_of(set, part))
				return fault_set(fault, RESULT_PERMANENT, "%s:%d: there is no template %.*s%s" SUFFIX
				                 " beside it", template->label, part->line, TEXT_ARG(part->text),
				                 extension(template->name));
		}
	}
	return RESULT_OK;
}

static struct template_set *load(const char *directory, struct fault *fault)
{
	DIR *stream = opendir(directory);
	if (!stream) {
		(void)fault_set(fault, RESULT_PERMANENT, "%s: cannot be read: %s", directory, strerror(errno));
		return NULL;
	}
	struct template_set *set = template_new();
	enum result result = RESULT_OK;
	int why = 0;
	for (const struct dirent *entry; result == RESULT_OK && (entry = file_next(stream, &why));) {
		size_t length = strlen(entry->d_name);
		if (entry->d_name[0] != '.' && length > strlen(SUFFIX) &&
		    strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0)
			result = add_file(set, directory, entry->d_name, fault);
	}
	if (result == RESULT_OK && why)
		result = fault_set(fault, RESULT_PERMANENT, "%s: cannot be read: %s", directory, strerror(why));
	closedir(stream);
	find_partials(set);
	if (result == RESULT_OK)
		result = partials_exist(set, fault);
	if (result != RESULT_OK) {
		template_free(set);
		return NULL;
	}
	return set;
}

struct template_set *template_load(const char *directory, struct fault *fault)
{
	struct pool_key key;
	bool known = pool_look("templates", directory, &key);
	struct template_set *set = known ? pool_take(&key) : NULL;
	if (set)
		return set;
	set = load(directory, fault);
	return set && known ? pool_add(&key, set, free_set) : set;
}

/* One rendering. `scope` holds what the open sections stand for, the outermost first. */
struct rendering {
	const struct template_set *set;
	const struct data *scope[TEMPLATE_DEPTH + 1];
	size_t depth;
	unsigned nested; /* sections and partials entered */
	bool in_tag;     /* what is rendered is included within a tag or the like: nothing in it is parted */
	struct buffer *out;
	size_t start;    /* length of `out` when it began */
	struct fault *fault;
};

static enum result wrong(const struct rendering *rendering, const struct template *template, const struct part *part,
                         const char *what)
{
	return fault_set(rendering->fault, RESULT_PERMANENT, "%s:%d: %.*s: %s", template->label, part->line,
	                 TEXT_ARG(part->text), what);
}

static const struct data *look_up(const struct rendering *rendering, const struct part *part)
{
	if (text_equal(part->text, TEXT(".")))
		return rendering->scope[rendering->depth - 1];
	for (size_t i = rendering->depth; i-- > 0;) {
		const struct data *found = data_get_headed(rendering->scope[i], part->text, part->head);
		if (found)
			return found;
	}
	return NULL;
}

static enum result render_parts(struct rendering *rendering, const struct template *template, size_t from,
                                size_t until);

static enum result render_value(struct rendering *rendering, const struct template *template, const struct part *part)
{
	const struct data *value = look_up(rendering, part);
	if (!value)
		return wrong(rendering, template, part, "there is no such name here");
	if (data_kind_of(value) != DATA_TEXT)
		return wrong(rendering, template, part, "is not a text: use it as a section");
	if (part->kind == PART_RAW)
		buffer_text(rendering->out, data_value(value));
	else if (part->words && !rendering->in_tag)
		template_escape_words(data_value(value), rendering->out);
	else
		template->escape(data_value(value), rendering->out);
	return RESULT_OK;
}

static enum result render_with(struct rendering *rendering, const struct template *template, size_t at,
                               const struct data *scope)
{
	const struct part *part = &template->parts.items[at];
	if (rendering->depth > TEMPLATE_DEPTH || rendering->nested >= TEMPLATE_DEPTH)
		return wrong(rendering, template, part, "is too deep inside other sections");
	rendering->scope[rendering->depth++] = scope;
	rendering->nested++;
	enum result result = render_parts(rendering, template, at + 1, part->end);
	rendering->nested--;
	rendering->depth--;
	return result;
}

static enum result render_section(struct rendering *rendering, const struct template *template, size_t at)
{
	const struct part *part = &template->parts.items[at];
	const struct data *value = look_up(rendering, part);
	if (!value)
		return wrong(rendering, template, part, "there is no such name here");
	bool contrary = part->kind == PART_CONTRARY;
	if (data_holds(value) == contrary)
		return RESULT_OK;
	const struct data *here = rendering->scope[rendering->depth - 1];
	if (contrary || data_kind_of(value) == DATA_FLAG)
		return render_with(rendering, template, at, here);
	if (data_kind_of(value) != DATA_LIST)
		return render_with(rendering, template, at, value);
	enum result result = RESULT_OK;
	for (const struct data *item = data_first(value); item && result == RESULT_OK; item = data_next(item))
		result = render_with(rendering, template, at, item);
	return result;
}

/* Puts the indent before each line written since `from`. */
static void indent_lines(struct buffer *out, size_t from, struct text indent)
{
	struct buffer lines = {0};
	for (size_t i = from; i < out->length; i++) {
		if (i == from || out->at[i - 1] == '\n')
			buffer_text(&lines, indent);
		buffer_char(&lines, out->at[i]);
	}
	out->length = from;
	buffer_text(out, buffer_view(&lines));
	buffer_free(&lines);
}

static enum result render_partial(struct rendering *rendering, const struct template *template, const struct part *part)
{
	const struct template *partial = partial_of(rendering->set, part);
	if (!partial)
		return wrong(rendering, template, part, "there is no such template beside it");
	if (rendering->nested >= TEMPLATE_DEPTH)
		return wrong(rendering, template, part, "templates include one another in a ring, or too deeply");
	size_t from = rendering->out->length;
	bool outside = rendering->in_tag;
	rendering->in_tag = outside || !part->words;
	rendering->nested++;
	enum result result = render_parts(rendering, partial, 0, partial->parts.count);
	rendering->nested--;
	rendering->in_tag = outside;
	if (result == RESULT_OK && part->indent.length)
		indent_lines(rendering->out, from, part->indent);
	return result;
}

static enum result render_parts(struct rendering *rendering, const struct template *template, size_t from, size_t until)
{
	enum result result = RESULT_OK;
	for (size_t at = from; at < until && result == RESULT_OK; at++) {
		const struct part *part = &template->parts.items[at];
		switch (part->kind) {
		case PART_TEXT:
			buffer_text(rendering->out, part->text);
			break;
		case PART_VALUE:
		case PART_RAW:
			result = render_value(rendering, template, part);
			break;
		case PART_SECTION:
		case PART_CONTRARY:
			result = render_section(rendering, template, at);
			at = part->end - 1;
			break;
		case PART_PARTIAL:
			result = render_partial(rendering, template, part);
			break;
		}
		if (result == RESULT_OK && rendering->out->length - rendering->start > TEMPLATE_OUTPUT)
			result = wrong(rendering, template, part, "makes the message longer than 4 MiB");
	}
	return result;
}

enum result template_render(const struct template_set *set, const char *name, const struct data *data,
                            struct buffer *out, struct fault *fault)
{
	const struct template *template = find(set, text_of(name));
	if (!template)
		return fault_set(fault, RESULT_PERMANENT, "there is no template %s" SUFFIX, name);
	struct rendering rendering = {
		.set = set, .scope = {data}, .depth = 1, .out = out, .start = out->length, .fault = fault};
	return render_parts(&rendering, template, 0, template->parts.count);
}

static enum result names_known(const struct template_set *set, const struct template *template,
                               const struct data *sample, unsigned depth, struct fault *fault)
{
	struct rendering rendering = {.set = set, .fault = fault};
	for (size_t i = 0; i < template->parts.count; i++) {
		const struct part *part = &template->parts.items[i];
		if (part->kind == PART_TEXT || text_equal(part->text, TEXT(".")))
			continue;
		if (part->kind != PART_PARTIAL) {
			if (!data_mentions(sample, part->text))
				return wrong(&rendering, template, part, "no message of this kind has such a name");
			continue;
		}
		const struct template *partial = partial_of(set, part);
		if (!partial || depth == TEMPLATE_DEPTH)
			return wrong(&rendering, template, part, partial ? "templates include one another in a ring"
			                                                 : "there is no such template beside it");
		enum result result = names_known(set, partial, sample, depth + 1, fault);
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

enum result template_check(const struct template_set *set, const char *name, const struct data *sample,
                           struct fault *fault)
{
	const struct template *template = find(set, text_of(name));
	if (!template)
		return fault_set(fault, RESULT_PERMANENT, "there is no template %s" SUFFIX, name);
	enum result result = names_known(set, template, sample, 0, fault);
	if (result != RESULT_OK)
		return result;
	struct buffer out = {0};
	result = template_render(set, name, sample, &out, fault);
	buffer_free(&out);
	return result;
}
