/* record_files: reading them, and what changed. */
#include "run/record_files.h"

#include "base/mem.h"
#include "text/json_write.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST ((size_t)64 << 20) /* no file of a configuration comes near it */
#define FILES_MOST 2000              /* neither does their number; what is beyond is not named */

/* ---- reading ---- */

static void read_all(int fd, struct buffer *bytes)
{
	ssize_t got;
	buffer_clear(bytes);
	while (bytes->length < FILE_MOST && (got = read(fd, buffer_room(bytes, 65536), 65536)) > 0)
		bytes->length += (size_t)got;
}

static void add_file(struct record_files *files, const char *part, const char *name, const char *path)
{
	struct stat found;
	struct buffer bytes = {0}, called = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (files->count < FILES_MOST && (fd < 0 || (fstat(fd, &found) == 0 && S_ISREG(found.st_mode)))) {
		struct record_file *file =
			mem_push((void **)&files->items, &files->count, &files->room, sizeof *file);
		if (fd >= 0)
			read_all(fd, &bytes);
		buffer_format(&called, "%s%s%s", part, *name ? "/" : "", name);
		*file = (struct record_file){.name = mem_copy_text(called.at, called.length),
		                             .digest = digest_sha256(buffer_view(&bytes))};
		if (fd >= 0) {
			file->owner = (unsigned)found.st_uid;
			file->changed = (instant)found.st_ctim.tv_sec * SECOND + found.st_ctim.tv_nsec / 1000;
		}
	}
	if (fd >= 0)
		(void)close(fd);
	buffer_free(&bytes);
	buffer_free(&called);
}

static int is_named(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void add_directory(struct record_files *files, const char *part, const char *directory)
{
	struct dirent **entries;
	struct buffer path = {0};
	int count = directory ? scandir(directory, &entries, is_named, alphasort) : -1;
	for (int i = 0; i < count; i++) {
		buffer_clear(&path);
		buffer_format(&path, "%s/%s", directory, entries[i]->d_name);
		add_file(files, part, entries[i]->d_name, buffer_cstr(&path));
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	buffer_free(&path);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct record_file *)a)->name, ((const struct record_file *)b)->name);
}

void record_files_read(const struct config *config, struct record_files *files)
{
	*files = (struct record_files){0};
	add_file(files, "configuration", "", config->path);
	if (config->directory_file)
		add_file(files, "directory", "", config->directory_file);
	if (config->calendar_file)
		add_file(files, "calendar", "", config->calendar_file);
	add_directory(files, "rules", config->rules_dir);
	add_directory(files, "templates", config->templates_dir);
	add_directory(files, "lists", config->lists_dir);
	if (files->count)
		qsort(files->items, files->count, sizeof *files->items, by_name);
}

void record_files_free(struct record_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].name);
	free(files->items);
	*files = (struct record_files){0};
}

/* ---- comparing ---- */

static void put_line(const struct record_file *file, struct buffer *out)
{
	digest_put_hex(digest_view(&file->digest), out);
	buffer_format(out, " %s\n", file->name);
}

void record_files_known(const struct record_files *files, struct buffer *out)
{
	for (size_t i = 0; i < files->count; i++)
		put_line(&files->items[i], out);
}

static bool has_line(struct text lines, struct text line)
{
	while (lines.length) {
		const char *end = memchr(lines.at, '\n', lines.length);
		size_t length = end ? (size_t)(end - lines.at) + 1 : lines.length;
		if (text_equal((struct text){lines.at, length}, line))
			return true;
		lines = (struct text){lines.at + length, lines.length - length};
	}
	return false;
}

static bool is_as_before(const struct record_file *file, struct text before)
{
	struct buffer line = {0};
	put_line(file, &line);
	bool same = has_line(before, buffer_view(&line));
	buffer_free(&line);
	return same;
}

static void put_owner(struct json_writer *json, unsigned owner)
{
	const struct passwd *user = getpwuid(owner);
	if (user)
		json_put_string(json, "owner", user->pw_name);
	else
		json_put_integer(json, "owner", owner);
}

static void put_file(struct json_writer *json, const struct record_file *file, instant loading)
{
	struct buffer hex = {0};
	digest_put_hex(digest_view(&file->digest), &hex);
	json_object(json);
	json_put_string(json, "file", file->name);
	json_put_text(json, "sha256", buffer_view(&hex));
	if (file->changed) {
		put_owner(json, file->owner);
		json_put_instant(json, "changed", file->changed);
		if (file->changed >= loading) /* what was loaded may have been the bytes before */
			json_put_bool(json, "while_loading", true);
	} else {
		json_put_bool(json, "unreadable", true);
	}
	json_object_end(json);
	buffer_free(&hex);
}

static void put_changed(struct json_writer *json, const struct record_files *files, struct text before, instant loading)
{
	json_key(json, "changed");
	json_array(json);
	for (size_t i = 0; i < files->count; i++)
		if (!is_as_before(&files->items[i], before))
			put_file(json, &files->items[i], loading);
	json_array_end(json);
}

#define HEX ((size_t)2 * DIGEST_BYTES)

static void put_gone(struct json_writer *json, const struct record_files *files, struct text before)
{
	json_key(json, "gone");
	json_array(json);
	while (before.length) {
		const char *end = memchr(before.at, '\n', before.length);
		size_t length = end ? (size_t)(end - before.at) : before.length;
		struct text name = {before.at + HEX + 1, length > HEX + 1 ? length - HEX - 1 : 0};
		bool there = !name.length;
		for (size_t i = 0; !there && i < files->count; i++)
			there = text_equal(text_of(files->items[i].name), name);
		if (!there)
			json_text(json, name);
		length += end != NULL;
		before = (struct text){before.at + length, before.length - length};
	}
	json_array_end(json);
}

/* The SHA-256 of a part's lines. */
static void put_part(struct json_writer *json, const struct record_files *files, const char *part)
{
	struct buffer lines = {0}, hex = {0};
	size_t length = strlen(part);
	for (size_t i = 0; i < files->count; i++)
		if (strncmp(files->items[i].name, part, length) == 0 &&
		    (files->items[i].name[length] == '/' || !files->items[i].name[length]))
			put_line(&files->items[i], &lines);
	struct digest digest = digest_sha256(buffer_view(&lines));
	digest_put_hex(digest_view(&digest), &hex);
	json_put_text(json, part, buffer_view(&hex));
	buffer_free(&lines);
	buffer_free(&hex);
}

void record_files_detail(const struct record_files *files, struct text before, instant loading, struct buffer *out)
{
	static const char *const parts[] = {"configuration", "directory", "calendar", "rules", "templates", "lists"};
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		put_part(&json, files, parts[i]);
	put_changed(&json, files, before, loading);
	put_gone(&json, files, before);
	json_object_end(&json);
}
