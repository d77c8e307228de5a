/* parties: the workers and providers that a child's events name.
 *
 * An end reaches the parties of its start: so for each end all of them are asked for. They are found once in the
 * child's events and then kept, with what comes in since. More may be kept than still stand: an end that was never
 * theirs ends nothing there. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_PARTIES_H
#define CASEWATCH_ENGINE_PARTIES_H

#include "engine/engine_internal.h"

typedef enum result for_history(struct engine *engine, enum party_kind domain, struct text id, void *argument,
                                struct fault *fault);

struct parties *parties_new(void);
void parties_free(struct parties *parties); /* NULL is fine */
void parties_forget(struct parties *parties);
size_t parties_bytes(const struct parties *parties);
/* Those that the event itself names. */
MUST_CHECK enum result parties_of_event(struct engine *engine, const struct event *event, for_history *visit,
                                        void *argument, struct fault *fault);
/* Those that any event of the child, under all its ids, names. */
MUST_CHECK enum result parties_of_child(struct engine *engine, struct text child, for_history *visit, void *argument,
                                        struct fault *fault);
/* An event that may name some has come and stands. */
MUST_CHECK enum result parties_note(struct engine *engine, const struct event *event, struct fault *fault);

#endif
