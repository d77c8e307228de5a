/* json_data: tokens of the reader into maps, lists, texts and flags. */
#include "text/json_data.h"

#include "text/json_read.h"
#include "text/template.h"

struct reading {
	struct json_reader *reader;
	struct arena *arena;
	struct fault *fault;
	bool failed;
};

static void fail(struct reading *reading, const char *sentence)
{
	if (!reading->failed)
		(void)fault_set(reading->fault, RESULT_PERMANENT, "%s", sentence);
	reading->failed = true;
}

static void read_map(struct reading *reading, struct data *map);

/* What is in a list is a text or an object. */
static void read_list(struct reading *reading, struct data *list)
{
	struct text value;
	while (!reading->failed) {
		enum json_token token = json_next(reading->reader, &value);
		if (token == JSON_ARRAY_END)
			return;
		if (token == JSON_OBJECT)
			read_map(reading, data_item(list));
		else if (token == JSON_STRING || token == JSON_NUMBER)
			data_item_text(list, value);
		else
			fail(reading, token == JSON_FAULT ? json_fault(reading->reader)
			                                  : "a list holds objects, texts or numbers, nothing else");
	}
}

static void read_value(struct reading *reading, struct data *map, const char *name)
{
	struct text value = TEXT("");
	enum json_token token = json_next(reading->reader, &value);
	if (token == JSON_OBJECT)
		read_map(reading, data_map(map, name));
	else if (token == JSON_ARRAY)
		read_list(reading, data_list(map, name));
	else if (token == JSON_TRUE || token == JSON_FALSE)
		data_flag(map, name, token == JSON_TRUE);
	else if (token == JSON_STRING || token == JSON_NUMBER)
		data_text(map, name, value);
	else if (token == JSON_NULL)
		data_text(map, name, TEXT(""));
	else
		fail(reading, json_fault(reading->reader));
}

static void read_map(struct reading *reading, struct data *map)
{
	struct text key;
	while (!reading->failed) {
		enum json_token token = json_next(reading->reader, &key);
		if (token == JSON_OBJECT_END)
			return;
		if (token == JSON_KEY)
			read_value(reading, map, arena_copy_text(reading->arena, key.at, key.length));
		else
			fail(reading, json_fault(reading->reader));
	}
}

struct data *json_data(struct text json, struct arena *arena, struct fault *fault)
{
	struct reading reading = {
		.reader = json_reader_new(TEMPLATE_DEPTH, json.length + 1), .arena = arena, .fault = fault};
	struct data *root = data_new(DATA_MAP, arena);
	struct text value;
	json_start(reading.reader, json, 0);
	enum json_token token = json_next(reading.reader, &value);
	if (token == JSON_OBJECT)
		read_map(&reading, root);
	else
		fail(&reading, token == JSON_FAULT ? json_fault(reading.reader)
		                                   : "the data must be an object: {\"name\": value, ...}");
	if (!reading.failed && json_next(reading.reader, &value) != JSON_END)
		fail(&reading, json_fault(reading.reader));
	json_reader_free(reading.reader);
	return reading.failed ? NULL : root;
}
