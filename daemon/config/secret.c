/* secret: files that hold a password are closed to others, or refused. */
#include "config/options.h"

#include <errno.h>
#include <sys/stat.h>

void secret_check(const char *name, const char *path, const struct yaml_node *node, struct config_faults *faults)
{
	struct stat file;
	if (stat(path, &file) != 0) {
		/* Whoever may not look there is not the daemon; a systemd credential exists only while the service
		 * runs. */
		bool elsewhere = errno == EACCES ||
				 (errno == ENOENT && strncmp(path, "/run/credentials/", 17) == 0);
		if (!elsewhere)
			yaml_fault(node, faults, "%s: \"%s\" cannot be opened: %s; write the file's path", name, path,
			           strerror(errno));
		return;
	}
	if (!S_ISREG(file.st_mode))
		yaml_fault(node, faults,
		           "%s: \"%s\" is not a regular file; name a file with the password on its first line", name,
		           path);
	else if (file.st_mode & 027)
		yaml_fault(node, faults,
		           "%s: \"%s\" is open to others (mode %04o); chmod it to 0600, or 0640 with casewatch's group",
		           name, path, (unsigned)file.st_mode & 07777);
	else if (file.st_size == 0)
		yaml_fault(node, faults, "%s: \"%s\" is empty; write the password on its first line", name, path);
	else if (file.st_size > 4096)
		yaml_fault(node, faults, "%s: \"%s\" is larger than 4096 bytes; it must hold only the password", name,
		           path);
}
