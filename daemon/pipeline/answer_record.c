/* answer_record: what people said, as it came, in the audit: also an answer that has no effect. */
#include "pipeline/pipeline_internal.h"

#include "text/json_write.h"

bool answer_is(const struct event *event)
{
	static const struct text kinds[] = {TEXT_LITERAL("alert."), TEXT_LITERAL("mute.")};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (event->type_name.length > kinds[i].length &&
		    memcmp(event->type_name.at, kinds[i].at, kinds[i].length) == 0)
			return true;
	return false;
}

/* One field of the answer, where it has it. */
static void put(struct json_writer *json, const struct event *event, const char *name)
{
	struct text value = event_string(event, schema_name(text_of(name)));
	if (value.length)
		json_put_text(json, name, value);
}

static void write_detail(struct pipeline *pipeline, const struct event *event)
{
	buffer_clear(&pipeline->json);
	struct json_writer json = json_writer_on(&pipeline->json);
	json_object(&json);
	json_put_text(&json, "type", event->type_name);
	json_put_instant(&json, "time", event->time);
	json_put_text(&json, "source", event->source);
	json_put_text(&json, "id", event->id);
	put(&json, event, "by");
	put(&json, event, "person");
	put(&json, event, "to");
	put(&json, event, "mute");
	put(&json, event, "rule");
	json_object_end(&json);
}

static void write_personal(struct pipeline *pipeline, const struct event *event)
{
	buffer_clear(&pipeline->personal);
	struct json_writer json = json_writer_on(&pipeline->personal);
	json_object(&json);
	put(&json, event, "action");
	put(&json, event, "note");
	put(&json, event, "reason");
	json_object_end(&json);
}

enum result answer_record(struct pipeline *pipeline, const struct event *event, struct fault *fault)
{
	write_detail(pipeline, event);
	write_personal(pipeline, event);
	struct audit_row row = {.at = pipeline->transaction.now,
	                        .what = "answer.received",
	                        .alert = event_string(event, schema_name(TEXT("alert"))),
	                        .rule = event_string(event, schema_name(TEXT("rule"))),
	                        .subject = event->subject,
	                        .person = event_string(event, schema_name(TEXT("person"))),
	                        .detail = buffer_view(&pipeline->json),
	                        .personal = buffer_view(&pipeline->personal)};
	return audit_write(pipeline->store, &row, fault);
}

enum result answer_record_warning(struct pipeline *pipeline, uint64_t ref, const char *field, const char *reason,
                                  struct fault *fault)
{
	buffer_clear(&pipeline->json);
	struct json_writer json = json_writer_on(&pipeline->json);
	json_object(&json);
	json_put_integer(&json, "event", (int64_t)ref);
	json_put_string(&json, "field", field);
	json_put_string(&json, "reason", reason);
	json_object_end(&json);
	return audit_add(pipeline->store, pipeline->transaction.now, "answer.warned", TEXT_NONE, TEXT_NONE, TEXT_NONE,
	                 buffer_view(&pipeline->json), fault);
}
