/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A corpus is a folder of case files, read in the order of their names.
 */
#include "fuzz/internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CORPUS_MAX = 1 << 16 };

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void corpus_file(const char *path, struct arena *a, struct corpus *c)
{
	struct file_opts o = { .format = FMT_AUTO, .type = PROG_SOCKET_FILTER };
	struct file_err err;
	struct testcase *tc;
	size_t n;
	uint8_t *p = file_read(path, &n, &err);
	long k;

	if (!p) {
		file_err_print(stderr, path, &err);
		c->refused++;
		return;
	}
	k = file_parse(p, n, &o, a, &tc, &err);
	free(p);
	if (k < 0) {
		file_err_print(stderr, path, &err);
		c->refused++;
		return;
	}
	for (long i = 0; i < k && c->n < CORPUS_MAX; i++)
		if (tc[i].unit.nprog && tc[i].unit.prog[0].id)
			c->tc[c->n++] = tc[i];
}

void corpus_load(const char *dir, struct arena *a, struct corpus *c)
{
	struct dirent **list;
	int n;

	memset(c, 0, sizeof(*c));
	if (!dir)
		return;
	n = scandir(dir, &list, NULL, by_name);
	if (n < 0)
		die("corpus %s cannot be read: %s", dir, strerror(errno));
	c->tc = arena_alloc(a, CORPUS_MAX * sizeof(*c->tc));
	for (int i = 0; i < n; i++) {
		char path[4200];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (list[i]->d_name[0] != '.' && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			corpus_file(path, a, c);
		free(list[i]);
	}
	free(list);
}
