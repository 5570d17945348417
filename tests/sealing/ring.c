/* SPDX-License-Identifier: Apache-2.0
 * Connects through io_uring alone: neither socket() nor connect() is ever called. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct io_uring_params params;
static struct io_uring_sqe *entries;
static char *asks, *answers;
static int ring;

static unsigned *at(char *place, unsigned offset) { return (unsigned *)(place + offset); }

static int submit(struct io_uring_sqe entry) {
    unsigned *tail = at(asks, params.sq_off.tail);
    unsigned slot = *tail & *at(asks, params.sq_off.ring_mask);
    entries[slot] = entry;
    at(asks, params.sq_off.array)[slot] = slot;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    if (syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
        return -errno;
    unsigned *head = at(answers, params.cq_off.head);
    struct io_uring_cqe *done = (void *)(answers + params.cq_off.cqes);
    int result = done[*head & *at(answers, params.cq_off.ring_mask)].res;
    __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
    return result;
}

static char *mapped(size_t size, off_t offset) {
    return mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, offset);
}

int main(int count, char **words) {
    if (count < 2) return 2;
    ring = syscall(__NR_io_uring_setup, 4, &params);
    if (ring < 0) return printf("io_uring_setup: errno %d\n", errno), 1;
    asks = mapped(params.sq_off.array + params.sq_entries * 4, IORING_OFF_SQ_RING);
    answers = mapped(params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
                     IORING_OFF_CQ_RING);
    entries = (void *)mapped(params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
    struct io_uring_sqe entry = {0};
    entry.opcode = 45; /* IORING_OP_SOCKET */
    entry.fd = AF_INET;
    entry.off = SOCK_STREAM;
    int s = submit(entry);
    if (s < 0) return printf("socket: %d\n", s), 1;
    struct sockaddr_in where = {0};
    where.sin_family = AF_INET;
    where.sin_port = htons(atoi(words[1]));
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memset(&entry, 0, sizeof entry);
    entry.opcode = IORING_OP_CONNECT;
    entry.fd = s;
    entry.addr = (unsigned long)&where;
    entry.off = sizeof where;
    int result = submit(entry);
    if (result < 0) return printf("connect: %d\n", result), 1;
    return 0;
}
