/* spool_watch: inotify. */
#include "source/spool_watch.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct watch {
	const char *path;
	instant every;
	int notify; /* -1: none */
	bool said;  /* that the kernel does not watch it */
};

static void say_unwatched(struct watch *watch, const char *limit)
{
	if (!watch->said)
		log_warning("the spool directory %s is looked at every %d s alone: the kernel watches no more (%s; "
		            "fs.inotify.%s)",
		            watch->path, (int)(watch->every / SECOND), strerror(errno), limit);
	watch->said = true;
}

struct watch *watch_new(const char *path, instant every)
{
	struct watch *watch = MEM_NEW(struct watch);
	*watch = (struct watch){.path = path, .every = every, .notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
	if (watch->notify < 0)
		say_unwatched(watch, "max_user_instances");
	watch_again(watch);
	return watch;
}

void watch_free(struct watch *watch)
{
	if (watch && watch->notify >= 0)
		(void)close(watch->notify);
	free(watch);
}

/* Where the directory is not there, the look says so. */
void watch_again(struct watch *watch)
{
	if (watch->notify < 0)
		return;
	if (inotify_add_watch(watch->notify, watch->path,
	                      IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE | IN_ATTRIB | IN_ONLYDIR) >= 0)
		watch->said = false;
	else if (errno == ENOSPC || errno == ENOMEM)
		say_unwatched(watch, "max_user_watches");
}

int watch_fd(const struct watch *watch)
{
	return watch->notify;
}

static void tell_event(const struct inotify_event *event, watch_tell *tell, void *context)
{
	if (event->mask & IN_Q_OVERFLOW)
		tell(context, NULL, WATCH_LOST);
	if (!event->len)
		return;
	if (event->mask & IN_MOVED_TO)
		tell(context, event->name, WATCH_MOVED);
	else if (event->mask & IN_CLOSE_WRITE)
		tell(context, event->name, WATCH_CLOSED);
	else if (event->mask & IN_CREATE)
		tell(context, event->name, WATCH_MADE);
	else
		tell(context, event->name, WATCH_CHANGED);
}

void watch_read(struct watch *watch, watch_tell *tell, void *context)
{
	char events[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t got;
	while (watch->notify >= 0 && (got = read(watch->notify, events, sizeof events)) > 0)
		for (const char *at = events; at < events + got;) {
			const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
			tell_event(event, tell, context);
			at += sizeof *event + event->len;
		}
}
