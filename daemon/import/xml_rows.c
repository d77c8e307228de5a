/* xml_rows: an XML return as rows, read as it streams by: an element of a table is a row when it ends. */
#include "import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/xmlreader.h>
#include <stdlib.h>
#include <unistd.h>

#define DEPTH_MAX 16 /* of a return; the census has eight, and what is deeper is reported as not read */
#define UNKNOWN_MAX 64 /* names of elements that are reported; of more one line says that there are */

struct level {
	struct import_row row;
	struct buffer *values; /* by column */
	bool *seen;            /* by column: it came with a value */
	int depth;             /* of its element */
	int strange_outside;   /* as it was where it began */
};
struct xml_file {
	struct import_run *run;
	xmlTextReaderPtr reader;
	struct level levels[DEPTH_MAX];
	size_t open;
	struct buffer text; /* of the innermost element */
	const char *unknown[UNKNOWN_MAX];
	size_t unknown_count;
	struct arena *arena;
	int strange; /* depth of the outermost element that nobody knows, within the innermost row; 0: none there */
	bool doctype;
	struct fault *fault;
};

static const char *name_of(const struct xml_file *xml)
{
	return (const char *)xmlTextReaderConstLocalName(xml->reader);
}

/* Of the node: the parser itself reads ahead. */
static int64_t line_of(const struct xml_file *xml)
{
	return xmlGetLineNo(xmlTextReaderCurrentNode(xml->reader));
}

static const struct import_table *table_of(const struct xml_file *xml, const char *name)
{
	const struct import_mapping *mapping = xml->run->mapping;
	for (size_t i = 0; i < mapping->table_count; i++) {
		const struct import_table *table = &mapping->tables[i];
		const struct import_table *inside = xml->open ? xml->levels[xml->open - 1].row.table : NULL;
		if (table->element && strcmp(table->element, name) == 0 && table->parent == inside)
			return table;
	}
	return NULL;
}

static bool is_container(const struct xml_file *xml, const char *name)
{
	const struct import_mapping *mapping = xml->run->mapping;
	for (size_t i = 0; i < mapping->container_count; i++)
		if (strcmp(mapping->containers[i], name) == 0)
			return true;
	return false;
}

static void open_row(struct xml_file *xml, const struct import_table *table)
{
	struct level *level = &xml->levels[xml->open];
	*level =
		(struct level){.row = {.table = table, .line = line_of(xml)}, .depth = xmlTextReaderDepth(xml->reader)};
	level->strange_outside = xml->strange;
	xml->strange = 0;
	level->row.parent = xml->open ? &xml->levels[xml->open - 1].row : NULL;
	level->row.values = mem_zero(table->column_count + 1, sizeof(struct text));
	level->row.unclear = mem_zero(table->column_count + 1, sizeof(bool));
	level->values = mem_zero(table->column_count + 1, sizeof *level->values);
	level->seen = mem_zero(table->column_count + 1, sizeof *level->seen);
	xml->open++;
}

static void free_level(struct level *level)
{
	for (size_t i = 0; i < level->row.table->column_count; i++)
		buffer_free(&level->values[i]);
	free(level->values);
	free(level->seen);
	free(level->row.unclear);
	free(level->row.values);
}

static void close_row(struct xml_file *xml)
{
	struct level *level = &xml->levels[--xml->open];
	xml->strange = level->strange_outside;
	import_row(xml->run, &level->row);
	free_level(level);
}

static bool is_new(struct xml_file *xml, const char *name)
{
	for (size_t i = 0; i < xml->unknown_count; i++)
		if (strcmp(xml->unknown[i], name) == 0)
			return false;
	if (xml->unknown_count >= UNKNOWN_MAX)
		return false;
	xml->unknown[xml->unknown_count++] = arena_copy_text(xml->arena, name, strlen(name));
	if (xml->unknown_count == UNKNOWN_MAX)
		import_say(xml->run, IMPORT_COLUMN, NULL, NULL, 0, "further elements that are not read are not named");
	return true;
}

/* What is not read of an element that the mapping knows, once a file. */
static void about_column(struct xml_file *xml, const struct import_table *table, const struct import_column *column)
{
	struct import_run *run = xml->run;
	if (column->unconfirmed && !run->unconfirmed && is_new(xml, column->name))
		import_say(run, IMPORT_COLUMN, table, column->name, 0,
		           "is not confirmed (see the mapping) and is not taken without --unconfirmed");
	else if (!import_in_year(run, column->since, column->until) && is_new(xml, column->name))
		import_say(run, IMPORT_COLUMN, table, column->name, 0, "is not of a return of %d", run->year);
}

/* A second value of one row: the same says nothing new; another one makes unclear what is meant. */
static void put_value(struct xml_file *xml, struct level *level, size_t column)
{
	const struct import_column *about = &level->row.table->columns[column];
	struct text value = text_trim(buffer_view(&xml->text));
	bool again = level->seen[column] && value.length && !text_equal(value, text_trim(level->row.values[column]));
	if (again && about->used)
		level->row.unclear[column] = true;
	else if (again && is_new(xml, about->name))
		import_say(xml->run, IMPORT_COLUMN, level->row.table, about->name, line_of(xml),
		           "is there more than once, and no event is made of it");
	if (level->seen[column])
		return;
	level->seen[column] = value.length > 0;
	buffer_clear(&level->values[column]);
	buffer_text(&level->values[column], buffer_view(&xml->text));
	level->row.values[column] = buffer_view(&level->values[column]); /* rows inside this one read it */
}

/* The text of an element that has no elements in it: a value of the row it stands in, or nothing that is known. */
static void take_value(struct xml_file *xml, const char *name)
{
	struct import_run *run = xml->run;
	struct level *level = xml->open ? &xml->levels[xml->open - 1] : NULL;
	size_t column = level ? import_column_find(level->row.table, text_of(name)) : SIZE_MAX;
	if (run->mapping->year_element && strcmp(name, run->mapping->year_element) == 0 && xml->text.length >= 4 &&
	    !run->year)
		run->year = atoi(buffer_cstr(&xml->text));
	if (column != SIZE_MAX && xml->strange > level->depth) {
		if (is_new(xml, name))
			import_say(run, IMPORT_COLUMN, level->row.table, level->row.table->columns[column].name,
			           line_of(xml),
			           "stands in an element that is not in the mapping, and is not read there");
	} else if (column != SIZE_MAX) {
		about_column(xml, level->row.table, &level->row.table->columns[column]);
		put_value(xml, level, column);
	} else if (!is_container(xml, name) && is_new(xml, name)) {
		import_say(run, IMPORT_COLUMN, level ? level->row.table : NULL, NULL, line_of(xml),
		           "element \"%s\" is not in the mapping and is not read", name);
	}
}

static void about_table(struct xml_file *xml, const struct import_table *table)
{
	struct import_run *run = xml->run;
	if (!import_in_year(run, table->since, table->until) && is_new(xml, table->element))
		import_say(run, IMPORT_COLUMN, table, NULL, 0, "is not of a return of %d", run->year);
	else if (table->unconfirmed && !run->unconfirmed && is_new(xml, table->element))
		import_say(run, IMPORT_COLUMN, table, NULL, 0,
		           "is not confirmed (see the mapping) and is not taken without --unconfirmed");
}

/* Whether what stands in the element is of the row it stands in: nobody knows what one without a name here holds. */
static bool is_known(const struct xml_file *xml, const char *name)
{
	const char *year = xml->run->mapping->year_element;
	return is_container(xml, name) || (year && strcmp(name, year) == 0) ||
	       import_column_find(xml->levels[xml->open - 1].row.table, text_of(name)) != SIZE_MAX;
}

static void begin_element(struct xml_file *xml)
{
	const char *name = name_of(xml);
	const struct import_table *table = table_of(xml, name);
	bool empty = xmlTextReaderIsEmptyElement(xml->reader) == 1;
	buffer_clear(&xml->text);
	if (!table && !empty && xml->open && !xml->strange && !is_known(xml, name))
		xml->strange = xmlTextReaderDepth(xml->reader);
	if (table)
		about_table(xml, table);
	if (table && xml->open == DEPTH_MAX) {
		import_say(xml->run, IMPORT_ROW, table, NULL, line_of(xml), "it stands within more than %d others",
		           DEPTH_MAX);
		import_unsure(xml->run, table);
		return;
	}
	if (table)
		open_row(xml, table);
	if (table && empty)
		close_row(xml);
}

static void end_element(struct xml_file *xml)
{
	struct level *level = xml->open ? &xml->levels[xml->open - 1] : NULL;
	const char *name = name_of(xml);
	if (xml->strange == xmlTextReaderDepth(xml->reader))
		xml->strange = 0;
	if (level && level->depth == xmlTextReaderDepth(xml->reader)) {
		size_t itself = import_column_find(level->row.table, text_of(name));
		if (itself != SIZE_MAX)
			put_value(xml, level, itself);
		close_row(xml);
	} else {
		take_value(xml, name);
	}
	buffer_clear(&xml->text);
}

static void take_node(struct xml_file *xml)
{
	switch (xmlTextReaderNodeType(xml->reader)) {
	case XML_READER_TYPE_ELEMENT: begin_element(xml); break;
	case XML_READER_TYPE_END_ELEMENT: end_element(xml); break;
	case XML_READER_TYPE_TEXT:
	case XML_READER_TYPE_CDATA:
		if (xml->text.length < IMPORT_CELL_BYTES)
			buffer_string(&xml->text, (const char *)xmlTextReaderConstValue(xml->reader));
		break;
	case XML_READER_TYPE_DOCUMENT_TYPE: xml->doctype = true; break;
	default: break;
	}
}

static void hear(void *argument, const char *message, xmlParserSeverities severity, xmlTextReaderLocatorPtr locator)
{
	struct xml_file *xml = argument;
	struct text words = text_trim(text_of(message));
	const xmlError *error = xmlGetLastError();
	if (error && error->domain == XML_FROM_NAMESPACE)
		return; /* a prefix that nobody declared takes nothing away: elements are known without it */
	if (severity == XML_PARSER_SEVERITY_ERROR && !xml->fault->text[0])
		(void)fault_set(xml->fault, RESULT_PERMANENT, "%s: line %d: %.*s", xml->run->file,
		                xmlTextReaderLocatorLineNumber(locator), TEXT_ARG(words));
}

static enum result read_nodes(struct xml_file *xml, struct fault *fault)
{
	int more;
	while (!xml->doctype && (more = xmlTextReaderRead(xml->reader)) == 1) {
		take_node(xml);
		xml->run->progress(xml->run->context, (uint64_t)xmlTextReaderByteConsumed(xml->reader));
	}
	if (xml->doctype)
		return fault_set(fault, RESULT_PERMANENT, "%s has a document type; a return has none", xml->run->file);
	if (more < 0 && !fault->text[0])
		return fault_set(fault, RESULT_PERMANENT, "%s is no XML", xml->run->file);
	/* What could not be decoded may end a file as if it were its end: then it was not read whole. */
	return more < 0 || fault->text[0] ? RESULT_PERMANENT : RESULT_OK;
}

enum result import_xml(struct import_run *run, const char *path, struct fault *fault)
{
	struct xml_file xml = {.run = run, .fault = fault};
	uint64_t before = run->rows;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	run->file = path;
	if (fd < 0)
		return fault_set(fault, RESULT_PERMANENT, "cannot open %s: %s", path, strerror(errno));
	xml.arena = arena_new(4096);
	xml.reader = xmlReaderForFd(fd, path, NULL, XML_PARSE_NONET | XML_PARSE_NOCDATA);
	enum result result = fault_set(fault, RESULT_PERMANENT, "%s cannot be read", path);
	if (xml.reader) {
		fault->text[0] = '\0';
		xmlTextReaderSetErrorHandler(xml.reader, hear, &xml);
		result = read_nodes(&xml, fault);
		if (result == RESULT_OK && run->rows > before)
			import_was_read(run, NULL);
	}
	while (xml.open) /* the file ended within them */
		free_level(&xml.levels[--xml.open]);
	xmlFreeTextReader(xml.reader);
	(void)close(fd);
	buffer_free(&xml.text);
	arena_free(xml.arena);
	return result;
}
