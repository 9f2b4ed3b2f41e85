/*
 * Records what a process does to the files of one folder, in the order in which it
 * does it, so that a test can rebuild what a power loss at any moment would leave.
 * Preloaded (LD_PRELOAD) into a child of tests/power_loss; no part of the product.
 *
 * POWER_LOSS_FOLDER   the folder, an absolute path
 * POWER_LOSS_RECORD   the file that gets the record
 * POWER_LOSS_ANSWERS  a file outside of the folder; what is written to it is recorded
 *                     as told to the world
 *
 * A record is: kind (u8), a, b, data length (u64 each), lengths of two paths (u16
 * each), the paths, the data; in the machine's byte order. Files are named by inode.
 *
 *   C  file made: a inode, path        O  file or folder opened: a inode, path
 *   D  folder made: a inode, path      W  written: a inode, b offset, data
 *   T  length set: a inode, b length   S  sync begins: a inode, b number
 *   E  sync done: b number             R  renamed: both paths
 *   U  removed: path                   A  told to the world: data
 *
 * Syncs are not carried out, only waited for a little: the test decides what is on
 * disk. Everything else is done and recorded under one lock.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SYNC_MICROSECONDS 200
#define INODES (1u << 16)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folder_length;
static const char *answers;
static ino_t answers_inode;
static dev_t device;
static int record_fd = -1;
static uint64_t syncs;
static ino_t known[INODES];

__attribute__((constructor)) static void start(void) {
    const char *record = getenv("POWER_LOSS_RECORD");
    folder = getenv("POWER_LOSS_FOLDER");
    answers = getenv("POWER_LOSS_ANSWERS");
    if (!record || !folder || !answers) return;
    struct stat found;
    if (stat(folder, &found) != 0) abort();
    device = found.st_dev;
    folder_length = strlen(folder);
    record_fd = (int)syscall(SYS_openat, AT_FDCWD, record,
                             O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (record_fd < 0) abort();
}

static void put(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        long written = syscall(SYS_write, record_fd, at, length);
        if (written <= 0) abort();
        at += written;
        length -= (size_t)written;
    }
}

static void record(char kind, uint64_t a, uint64_t b, const char *path, const char *other,
                   const void *data, uint64_t length) {
    unsigned char head[1 + 3 * 8 + 2 * 2];
    uint16_t path_length = path ? (uint16_t)strlen(path) : 0;
    uint16_t other_length = other ? (uint16_t)strlen(other) : 0;
    head[0] = (unsigned char)kind;
    memcpy(head + 1, &a, 8);
    memcpy(head + 9, &b, 8);
    memcpy(head + 17, &length, 8);
    memcpy(head + 25, &path_length, 2);
    memcpy(head + 27, &other_length, 2);
    put(head, sizeof head);
    put(path, path_length);
    put(other, other_length);
    put(data, length);
}

/* The place of an inode in the table, or a free one. */
static ino_t *place(ino_t inode) {
    for (unsigned step = 0; step < INODES; step++) {
        ino_t *found = &known[(inode + step) % INODES];
        if (*found == inode || *found == 0) return found;
    }
    abort();
}

/* The part of a path behind the folder; NULL: it is not of interest. */
static const char *inside(const char *path) {
    if (record_fd < 0 || strncmp(path, folder, folder_length) != 0) return NULL;
    if (path[folder_length] == 0) return "";
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

/* The path of a name in an open folder. */
static const char *path_at(int dir, const char *name, char *buffer) {
    char link[64];
    if (dir == AT_FDCWD || name[0] == '/') return name;
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    ssize_t length = readlink(link, buffer, PATH_MAX - 1);
    if (length < 0) return name;
    snprintf(buffer + length, (size_t)(PATH_MAX - length), "/%s", name);
    return buffer;
}

/* The inode of an open file; 0: it is not of interest. */
static ino_t inode_of(int fd) {
    struct stat found;
    if (record_fd < 0 || fstat(fd, &found) != 0 || found.st_dev != device) return 0;
    if (found.st_ino == answers_inode) return answers_inode;
    return *place(found.st_ino) == found.st_ino ? found.st_ino : 0;
}

static int opened(int dir, const char *name, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    const char *path = path_at(dir, name, buffer);
    const char *relative = inside(path);
    if (!relative && !(record_fd >= 0 && strcmp(path, answers) == 0))
        return (int)syscall(SYS_openat, dir, name, flags | O_LARGEFILE, mode);
    pthread_mutex_lock(&lock);
    struct stat before, after;
    int existed = stat(path, &before) == 0;
    int fd = (int)syscall(SYS_openat, dir, name, flags | O_LARGEFILE, mode);
    if (fd >= 0 && fstat(fd, &after) == 0) {
        if (!relative) {
            answers_inode = after.st_ino;
        } else {
            *place(after.st_ino) = after.st_ino;
            record(existed ? 'O' : 'C', after.st_ino, 0, relative, NULL, NULL, 0);
            if (existed && (flags & O_TRUNC)) record('T', after.st_ino, 0, NULL, NULL, NULL, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(flags, mode)                                  \
    mode_t mode = 0;                                       \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                 \
        va_list more;                                      \
        va_start(more, flags);                             \
        mode = va_arg(more, mode_t);                       \
        va_end(more);                                      \
    }

int open(const char *path, int flags, ...) { MODE(flags, mode) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return opened(AT_FDCWD, path, flags, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE(flags, mode) return opened(dir, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) { MODE(flags, mode) return opened(dir, path, flags, mode); }

static void wrote(ino_t inode, off_t offset, const void *data, ssize_t length) {
    if (length <= 0) return;
    if (inode == answers_inode) record('A', 0, 0, NULL, NULL, data, (uint64_t)length);
    else record('W', inode, (uint64_t)offset, NULL, NULL, data, (uint64_t)length);
}

ssize_t write(int fd, const void *data, size_t length) {
    ino_t inode = inode_of(fd);
    if (!inode) return syscall(SYS_write, fd, data, length);
    pthread_mutex_lock(&lock);
    ssize_t written = syscall(SYS_write, fd, data, length);
    /* Behind the write, wherever it began: also right for files that are appended to. */
    wrote(inode, lseek(fd, 0, SEEK_CUR) - written, data, written);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    ssize_t sum = 0;
    if (!inode_of(fd)) return syscall(SYS_writev, fd, parts, count);
    for (int part = 0; part < count; part++) {
        ssize_t written = write(fd, parts[part].iov_base, parts[part].iov_len);
        if (written < 0) return sum > 0 ? sum : written;
        sum += written;
        if ((size_t)written < parts[part].iov_len) break;
    }
    return sum;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    ino_t inode = inode_of(fd);
    if (!inode) return syscall(SYS_pwrite64, fd, data, length, offset);
    pthread_mutex_lock(&lock);
    ssize_t written = syscall(SYS_pwrite64, fd, data, length, offset);
    wrote(inode, offset, data, written);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return pwrite64(fd, data, length, offset);
}

int ftruncate64(int fd, off64_t length) {
    ino_t inode = inode_of(fd);
    if (!inode) return (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_ftruncate, fd, length);
    if (result == 0) record('T', inode, (uint64_t)length, NULL, NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int fsync(int fd) {
    ino_t inode = inode_of(fd);
    if (!inode) return 0;
    pthread_mutex_lock(&lock);
    uint64_t number = ++syncs;
    record('S', inode, number, NULL, NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
    usleep(SYNC_MICROSECONDS);
    pthread_mutex_lock(&lock);
    record('E', inode, number, NULL, NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
    return 0;
}

int fdatasync(int fd) { return fsync(fd); }

int rename(const char *from, const char *to) {
    const char *old_name = inside(from), *new_name = inside(to);
    if (!old_name || !new_name) return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (result == 0) record('R', 0, 0, old_name, new_name, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int unlinkat(int dir, const char *name, int flags) {
    char buffer[PATH_MAX];
    const char *relative = inside(path_at(dir, name, buffer));
    if (!relative) return (int)syscall(SYS_unlinkat, dir, name, flags);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_unlinkat, dir, name, flags);
    if (result == 0) record('U', 0, 0, relative, NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdir(const char *path, mode_t mode) {
    const char *relative = inside(path);
    if (!relative) return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    struct stat made;
    if (result == 0 && stat(path, &made) == 0) {
        *place(made.st_ino) = made.st_ino;
        record('D', made.st_ino, 0, relative, NULL, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return result;
}
