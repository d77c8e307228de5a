/* published: packed, unpacked, and the one in force. */
#include "config/published.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define HEADER "casewatch edition 1\n"
#define ENDING "end\n"
#define NAME_MOST 255 /* bytes of a file's name in a record */

const char published_none[] = "";
static _Thread_local const char *loads_with;

void published_load_with(const char *directory)
{
	loads_with = directory;
}

static void root_of(const char *database, struct buffer *path)
{
	buffer_clear(path);
	buffer_format(path, "%s.published", database);
}

void published_directory(const char *database, const struct published *head, struct buffer *path)
{
	struct buffer hex = {0};
	digest_put_hex(digest_view(&head->digest), &hex);
	root_of(database, path);
	buffer_format(path, "/%09lld-%.16s", (long long)head->number, buffer_cstr(&hex));
	buffer_free(&hex);
}

const char *published_to_load(const char *database, struct buffer *room)
{
	if (loads_with)
		return *loads_with ? loads_with : NULL;
	root_of(database, room);
	buffer_string(room, "/current");
	return access(buffer_cstr(room), F_OK) == 0 ? buffer_cstr(room) : NULL;
}

/* ---- packing ---- */

/* Relative, of plain parts: a record writes nothing outside its own directory. */
static bool is_name(struct text name)
{
	if (!name.length || name.length > NAME_MOST || name.at[0] == '/')
		return false;
	for (size_t i = 0; i < name.length; i++) {
		bool begins = i == 0 || name.at[i - 1] == '/';
		if ((unsigned char)name.at[i] <= ' ' || name.at[i] == 0x7f ||
		    (begins && (name.at[i] == '.' || name.at[i] == '/')))
			return false;
	}
	return name.at[name.length - 1] != '/';
}

static enum result add_file(struct buffer *record, const char *name, const char *path, struct fault *fault)
{
	struct buffer bytes = {0};
	FILE *file = file_read(path);
	size_t got = 1;
	while (file && got && bytes.length <= PUBLISHED_BYTES_MOST) {
		got = fread(buffer_room(&bytes, 65536), 1, 65536, file);
		bytes.length += got;
	}
	enum result result = RESULT_OK;
	if (!file || ferror(file))
		result = fault_set(fault, RESULT_PERMANENT, "%s cannot be read: %s", path, strerror(errno));
	else if (!is_name(text_of(name)))
		result = fault_set(fault, RESULT_PERMANENT,
		                   "%s cannot be published: name files without blanks, and none above its directory",
		                   path);
	else if (record->length + bytes.length > PUBLISHED_BYTES_MOST)
		result = fault_set(fault, RESULT_PERMANENT,
		                   "it is larger than %zu bytes, and more does not go into one record",
		                   PUBLISHED_BYTES_MOST);
	if (file)
		(void)fclose(file);
	if (result == RESULT_OK) {
		buffer_format(record, "file %zu %s\n", bytes.length, name);
		buffer_text(record, buffer_view(&bytes));
		buffer_char(record, '\n');
	}
	buffer_free(&bytes);
	return result;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool is_file(const char *path)
{
	struct stat found;
	return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

static enum result add_directory(struct buffer *record, const char *part, const char *directory, struct fault *fault)
{
	struct dirent **entries = NULL;
	enum result result = RESULT_OK;
	int count = directory ? scandir(directory, &entries, is_shown, alphasort) : 0;
	if (count < 0)
		return fault_set(fault, RESULT_PERMANENT, "%s cannot be read: %s", directory, strerror(errno));
	for (int i = 0; i < count; i++) {
		struct buffer path = {0}, name = {0};
		buffer_format(&path, "%s/%s", directory, entries[i]->d_name);
		buffer_format(&name, "%s/%s", part, entries[i]->d_name);
		if (result == RESULT_OK && is_file(buffer_cstr(&path)))
			result = add_file(record, buffer_cstr(&name), buffer_cstr(&path), fault);
		free(entries[i]);
		buffer_free(&path);
		buffer_free(&name);
	}
	free(entries);
	return result;
}

/* A rota is found beside the directory that names it, there as here. */
static enum result add_rotas(struct buffer *record, const struct config *config, struct fault *fault)
{
	const char *slash = strrchr(config->directory_file, '/');
	size_t length = slash ? (size_t)(slash - config->directory_file) + 1 : 0;
	enum result result = RESULT_OK;
	for (size_t i = 0; config->directory && result == RESULT_OK && i < config->directory->role_count; i++) {
		const char *path = config->directory->roles[i].rota;
		bool again = false;
		for (size_t k = 0; path && k < i; k++)
			again = again || (config->directory->roles[k].rota &&
			                  strcmp(config->directory->roles[k].rota, path) == 0);
		if (!path || again)
			continue;
		if (strncmp(path, config->directory_file, length) != 0)
			result = fault_set(
				fault, RESULT_PERMANENT,
				"the rota %s cannot be published: put it beside the directory, and name it from "
				"there",
				path);
		else
			result = add_file(record, path + length, path, fault);
	}
	return result;
}

enum result published_pack(const struct config *config, const struct published *head, struct buffer *record,
                           struct fault *fault)
{
	buffer_clear(record);
	buffer_format(record, HEADER "number %lld\nfingerprint %s\nperson %s\n", (long long)head->number,
	              head->fingerprint, head->person);
	enum result result = add_file(record, "configuration", config->path, fault);
	if (result == RESULT_OK)
		result = add_file(record, "directory", config->directory_file, fault);
	if (result == RESULT_OK)
		result = add_file(record, "calendar", config->calendar_file, fault);
	if (result == RESULT_OK)
		result = add_directory(record, "rules", config->rules_dir, fault);
	if (result == RESULT_OK)
		result = add_directory(record, "templates", config->templates_dir, fault);
	if (result == RESULT_OK)
		result = add_directory(record, "lists", config->lists_dir, fault);
	if (result == RESULT_OK)
		result = add_rotas(record, config, fault);
	buffer_string(record, ENDING);
	return result;
}

/* ---- reading ---- */

static bool take_line(struct text *rest, struct text *line)
{
	const char *end = rest->length ? memchr(rest->at, '\n', rest->length) : NULL;
	if (!end)
		return false;
	*line = (struct text){rest->at, (size_t)(end - rest->at)};
	*rest = (struct text){end + 1, rest->length - line->length - 1};
	return true;
}

static bool take_word(struct text *rest, const char *name, char *to, size_t room)
{
	struct text line;
	size_t length = strlen(name);
	if (!take_line(rest, &line) || line.length <= length || memcmp(line.at, name, length) != 0 ||
	    line.length - length >= room)
		return false;
	(void)snprintf(to, room, "%.*s", (int)(line.length - length), line.at + length);
	return true;
}

static bool take_head(struct text *rest, struct published *head)
{
	static const struct text header = TEXT_LITERAL(HEADER);
	char number[24];
	char *end = NULL;
	if (rest->length < header.length || memcmp(rest->at, header.at, header.length) != 0)
		return false;
	*rest = (struct text){rest->at + header.length, rest->length - header.length};
	if (!take_word(rest, "number ", number, sizeof number) ||
	    !take_word(rest, "fingerprint ", head->fingerprint, sizeof head->fingerprint) ||
	    !take_word(rest, "person ", head->person, sizeof head->person))
		return false;
	head->number = strtoll(number, &end, 10);
	return !*end && head->number > 0;
}

/* The next file; false: there is none, or it is not whole: then `rest` is not ENDING. */
static bool take_file(struct text *rest, struct text *name, struct text *bytes)
{
	struct text line, all = *rest;
	char digits[24];
	size_t at = 5;
	if (!take_line(&all, &line) || line.length < 8 || memcmp(line.at, "file ", 5) != 0)
		return false;
	while (at < line.length && line.at[at] != ' ')
		at++;
	(void)snprintf(digits, sizeof digits, "%.*s", (int)(at - 5 < sizeof digits ? at - 5 : 0), line.at + 5);
	size_t length = (size_t)strtoull(digits, NULL, 10);
	if (at >= line.length || length >= all.length || all.at[length] != '\n')
		return false;
	*name = (struct text){line.at + at + 1, line.length - at - 1};
	*bytes = (struct text){all.at, length};
	*rest = (struct text){all.at + length + 1, all.length - length - 1};
	return is_name(*name);
}

enum result published_read(struct text record, struct published *head, struct fault *fault)
{
	struct text rest = record, name, bytes;
	*head = (struct published){.digest = digest_sha256(record)};
	bool good = take_head(&rest, head);
	while (good && take_file(&rest, &name, &bytes))
		;
	return good && text_equal(rest, TEXT(ENDING))
	               ? RESULT_OK
	               : fault_set(fault, RESULT_PERMANENT,
	                           "it is no configuration of this version, or not a whole one");
}

/* ---- on the disk ---- */

static enum result cannot(const char *what, struct fault *fault)
{
	return fault_set(fault, RESULT_TEMPORARY, "%s: %s", what, strerror(errno));
}

static void make_parents(char *path, size_t root)
{
	for (char *at = path + root + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		(void)mkdir(path, 0700); /* what is missing is found when the file is made */
		*at = '/';
	}
}

static enum result put_file(const char *directory, struct text name, struct text bytes, struct fault *fault)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%.*s", directory, TEXT_ARG(name));
	char *whole = mem_copy_text(path.at, path.length);
	make_parents(whole, strlen(directory));
	int file = open(whole, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = file >= 0 && write(file, bytes.at ? bytes.at : "", bytes.length) == (ssize_t)bytes.length &&
	            fsync(file) == 0;
	enum result result = good ? RESULT_OK : cannot(whole, fault);
	if (file >= 0)
		(void)close(file);
	free(whole);
	buffer_free(&path);
	return result;
}

static void remove_tree(int at, const char *name, int depth)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	int why = 0;
	for (const struct dirent *entry; directory && (entry = file_next(directory, &why));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			if (unlinkat(dirfd(directory), entry->d_name, 0) != 0 && depth < 4)
				remove_tree(dirfd(directory), entry->d_name, depth + 1);
		}
	if (directory)
		(void)closedir(directory);
	bool gone = unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
	if (!gone && !depth) /* of what lies deeper the outermost says it: it is not empty */
		log_warning("the published files in %s cannot be removed: %s", name, strerror(why ? why : errno));
}

static enum result sync_directory(const char *path, struct fault *fault)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	enum result result = good ? RESULT_OK : cannot(path, fault);
	if (fd >= 0)
		(void)close(fd);
	return result;
}

enum result published_unpack(const char *database, struct text record, struct fault *fault)
{
	struct buffer root = {0}, whole = {0}, fresh = {0};
	struct published head;
	struct text rest = record, name, bytes;
	enum result result = published_read(record, &head, fault);
	root_of(database, &root);
	published_directory(database, &head, &whole);
	buffer_format(&fresh, "%s/.fresh", buffer_cstr(&root));
	if (result == RESULT_OK && access(buffer_cstr(&whole), F_OK) == 0)
		goto out;
	(void)mkdir(buffer_cstr(&root), 0700);
	remove_tree(AT_FDCWD, buffer_cstr(&fresh), 0);
	if (result == RESULT_OK && mkdir(buffer_cstr(&fresh), 0700) != 0)
		result = cannot(buffer_cstr(&fresh), fault);
	(void)take_head(&rest, &head);
	if (result == RESULT_OK)
		result = put_file(buffer_cstr(&fresh), TEXT("head"),
		                  (struct text){record.at, (size_t)(rest.at - record.at)}, fault);
	while (result == RESULT_OK && take_file(&rest, &name, &bytes))
		result = put_file(buffer_cstr(&fresh), name, bytes, fault);
	if (result == RESULT_OK && rename(buffer_cstr(&fresh), buffer_cstr(&whole)) != 0)
		result = cannot(buffer_cstr(&whole), fault);
	if (result == RESULT_OK)
		result = sync_directory(buffer_cstr(&root), fault);
out:
	buffer_free(&root);
	buffer_free(&whole);
	buffer_free(&fresh);
	return result;
}

enum result published_use(const char *database, const struct published *head, struct fault *fault)
{
	struct buffer root = {0}, target = {0}, fresh = {0}, link = {0};
	root_of(database, &root);
	published_directory(database, head, &target);
	buffer_format(&fresh, "%s/.current", buffer_cstr(&root));
	buffer_format(&link, "%s/current", buffer_cstr(&root));
	(void)unlink(buffer_cstr(&fresh));
	bool good = symlink(strrchr(buffer_cstr(&target), '/') + 1, buffer_cstr(&fresh)) == 0 &&
	            rename(buffer_cstr(&fresh), buffer_cstr(&link)) == 0;
	enum result result = good ? sync_directory(buffer_cstr(&root), fault) : cannot(buffer_cstr(&link), fault);
	buffer_free(&root);
	buffer_free(&target);
	buffer_free(&fresh);
	buffer_free(&link);
	return result;
}

/* Its name says which it is: of its digest the first eight bytes. */
bool published_current(const char *database, struct published *head)
{
	struct buffer link = {0}, path = {0};
	char target[64], bytes[512];
	root_of(database, &link);
	buffer_string(&link, "/current");
	buffer_format(&path, "%s/head", buffer_cstr(&link));
	*head = (struct published){0};
	ssize_t length = readlink(buffer_cstr(&link), target, sizeof target - 1);
	FILE *file = length > 0 ? file_read(buffer_cstr(&path)) : NULL;
	struct text rest = {bytes, file ? fread(bytes, 1, sizeof bytes, file) : 0};
	bool found = file && take_head(&rest, head);
	target[length > 0 ? length : 0] = '\0';
	const char *dash = strchr(target, '-');
	found = found && dash && digest_take_hex(text_of(dash + 1), head->digest.at, 8);
	if (file)
		(void)fclose(file);
	buffer_free(&link);
	buffer_free(&path);
	return found;
}

static int is_edition(const struct dirent *entry)
{
	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
}

void published_tidy(const char *database)
{
	struct buffer root = {0};
	struct dirent **entries;
	root_of(database, &root);
	int count = scandir(buffer_cstr(&root), &entries, is_edition, alphasort);
	int fd = open(buffer_cstr(&root), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < count; i++) {
		if (i < count - PUBLISHED_KEPT && fd >= 0)
			remove_tree(fd, entries[i]->d_name, 0);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (fd >= 0)
		(void)close(fd);
	buffer_free(&root);
}

void published_remove(const char *database)
{
	struct buffer root = {0};
	root_of(database, &root);
	remove_tree(AT_FDCWD, buffer_cstr(&root), 0);
	buffer_free(&root);
}
