/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process that notices what is done to it. `victim MODE` says "ready PID START..END" (a region of
 * its own), does one thing over and over, checks everything about it, and ends when its standard
 * input says anything or ends, with a verdict: "ok ROUNDS ENDED", or "wrong COUNT: the first of them".
 * ENDED are the calls that a stop has ended, which may only be on arm64.
 *
 * What it blocks in is ended by a partner, a child, so that the process itself has the threads of its
 * mode and no more. They agree through shared memory: the main thread says what it waits for, the
 * partner serves it a little later. In every round it is checked that no call was interrupted without
 * a signal's handler having run, that the signal mask is as it was, and at the end that no descriptor
 * came or went.
 */
#include "live.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- what both halves share ------------------------------------------------------------------- */

enum wait {
	NOTHING,
	BYTE,       /* one on the pipe */
	WAKE,       /* a change of `word`, and a wake-up */
	EVENT,      /* of the eventfd */
	DATAGRAM,   /* on the socket */
	CALLER,     /* a connection to the listening socket */
	MESSAGE,    /* in the SysV queue */
	RELEASE,    /* of the SysV semaphore */
	ROOM,       /* in the full pipe */
	SIGNAL,     /* SIGUSR2, until it is said to have come */
	SIGNAL_FIRST /* SIGUSR1, and then the byte */
};

static struct shared {
	_Atomic uint32_t end;         /* the main thread is to come to an end */
	_Atomic uint32_t want;        /* enum wait, and a number above it that makes each one different */
	_Atomic uint32_t word;        /* a futex */
	_Atomic uint64_t queued;      /* signals sent by sigqueue, once the last is sent */
	_Atomic uint32_t kicked, got; /* SIGUSR1 sent, and handled */
	_Atomic uint32_t wrongs, ended;
	char first[200];
} *s;

static pid_t victim;
static int bytes[2], full[2], sock[2], event, listener, queue, sem;
static struct sockaddr_un address;
static uint64_t rounds;
static double patience = 10; /* seconds until something that was sent counts as lost */

static void __attribute__((format(printf, 1, 2)))
wrong(const char *fmt, ...)
{
	va_list ap;

	if (atomic_fetch_add(&s->wrongs, 1))
		return;
	va_start(ap, fmt);
	vsnprintf(s->first, sizeof(s->first), fmt, ap);
	va_end(ap);
}

static void
expect(int64_t got, int64_t want, const char *what)
{
	if (got != want)
		wrong("%s: %lld instead of %lld (%s)", what, (long long)got, (long long)want,
		      got < 0 ? strerror(errno) : "no error");
}

/*
 * A call that any stop ends with EINTR (signal(7)), unless it is made once more. On arm64 it can be
 * only if it was seen before the stop (inject_rewind), so what began just before is counted.
 */
#if defined(__aarch64__)
#define STOPPED(call) \
	({ \
		int64_t result; \
\
		while ((result = (call)) < 0 && errno == EINTR) \
			atomic_fetch_add(&s->ended, 1); \
		result; \
	})
#else
#define STOPPED(call) (call)
#endif

static uint32_t
random_below(uint32_t n)
{
	static _Thread_local uint64_t seed = 88172645463325252u;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

/* --- the partner ------------------------------------------------------------------------------ */

static int
futex(_Atomic uint32_t *word, int op, uint32_t value, const struct timespec *timeout)
{
	return (int)syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

struct message {
	long type;
	uint64_t text;
};

static void
serve(enum wait what, bool again)
{
	uint64_t one = 1;
	char room[4096];

	if (what == SIGNAL)
		kill(victim, SIGUSR2);
	if (again)
		return;
	if (what == SIGNAL_FIRST)
		kill(victim, SIGUSR1);
	if (what == BYTE || what == SIGNAL_FIRST)
		expect(write(bytes[1], "b", 1), 1, "the partner's write");
	if (what == WAKE) {
		atomic_fetch_add(&s->word, 1);
		futex(&s->word, 1, INT32_MAX, NULL); /* FUTEX_WAKE */
	}
	if (what == EVENT)
		expect(write(event, &one, sizeof(one)), sizeof(one), "the partner's event");
	if (what == DATAGRAM)
		expect(send(sock[1], "datagram", 8, 0), 8, "the partner's datagram");
	if (what == CALLER) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		expect(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0, "the partner's connection");
		close(fd);
	}
	if (what == MESSAGE)
		expect(msgsnd(queue, &(struct message){1, 7}, 8, 0), 0, "the partner's message");
	if (what == RELEASE)
		expect(semop(sem, &(struct sembuf){0, 1, 0}, 1), 0, "the partner's release");
	while (what == ROOM && read(full[0], room, sizeof(room)) > 0)
		;
}

static struct timespec
a_while(void)
{
	return (struct timespec){0, random_below(2500000)};
}

/* What a mode's partner does besides, each time. */
static void
no_more(void)
{
}

static _Noreturn void
partner(void (*more)(void))
{
	struct pollfd in = {.fd = 0, .events = POLLIN};
	uint32_t served = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == victim) {
		struct timespec t = a_while();
		uint32_t want;

		if (ppoll(&in, atomic_load(&s->end) ? 0 : 1, &t, NULL) > 0)
			atomic_store(&s->end, 1);
		more();
		want = atomic_load(&s->want);
		serve((enum wait)(want & 0xff), want == served);
		served = want;
	}
	_exit(0);
}

static void
await(enum wait what)
{
	static uint32_t number;

	atomic_store(&s->want, ++number << 8 | (uint32_t)what);
}

static void
got_it(void)
{
	atomic_store(&s->want, 0);
}

/* --- modes that block in one kind of call ----------------------------------------------------- */

static void
take_byte(void)
{
	char byte = 0;

	expect(read(bytes[0], &byte, 1), 1, "read");
	expect(byte, 'b', "the byte read");
}

static void
round_read(void)
{
	await(BYTE);
	take_byte();
}

static void
round_futex(void)
{
	uint32_t value = atomic_load(&s->word);
	struct timespec minute = {60, 0};

	await(WAKE);
	while (atomic_load(&s->word) == value)
		if (futex(&s->word, 0, value, rounds % 2 ? &minute : NULL) < 0 && errno != EAGAIN)
			wrong("futex: %s", strerror(errno));
}

static void
round_poll(void)
{
	struct pollfd p = {.fd = bytes[0], .events = POLLIN};
	struct timespec minute = {60, 0};
	sigset_t none;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(bytes[0], &set);
	sigemptyset(&none);
	await(BYTE);
	switch (rounds % 5) {
	case 0: expect(poll(&p, 1, -1), 1, "poll"); break;
	case 1: expect(poll(&p, 1, 60000), 1, "poll with a timeout"); break;
	case 2: expect(ppoll(&p, 1, &minute, &none), 1, "ppoll"); break;
	case 3: expect(select(bytes[0] + 1, &set, NULL, NULL, NULL), 1, "select"); break;
	case 4: expect(pselect(bytes[0] + 1, &set, NULL, NULL, &minute, &none), 1, "pselect"); break;
	}
	take_byte();
}

static void
round_nanosleep(void)
{
	struct timespec t = {0, 1 + random_below(4000000)}, until;
	int64_t start = now_ns(), end = start + t.tv_nsec;

	until = (struct timespec){end / 1000000000, end % 1000000000};
	if (rounds % 2)
		expect(nanosleep(&t, NULL), 0, "nanosleep");
	else
		expect(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0, "clock_nanosleep");
	if (now_ns() < end)
		wrong("a sleep of %ld ns ended after %lld", t.tv_nsec, (long long)(now_ns() - start));
}

static void
round_epoll(void)
{
	static int ep = -1;
	struct epoll_event e = {.events = EPOLLIN};
	sigset_t none;

	sigemptyset(&none);
	if (ep < 0) {
		ep = epoll_create1(EPOLL_CLOEXEC);
		epoll_ctl(ep, EPOLL_CTL_ADD, bytes[0], &e);
	}
	await(BYTE);
	if (rounds % 2)
		expect(STOPPED(epoll_wait(ep, &e, 1, rounds % 4 == 1 ? 60000 : -1)), 1, "epoll_wait");
	else
		expect(STOPPED(epoll_pwait(ep, &e, 1, rounds % 4 == 2 ? 60000 : -1, &none)), 1, "epoll_pwait");
	take_byte();
}

/* --- blocking in whatever else there is ------------------------------------------------------- */

static void
handle_quietly(int sig)
{
	(void)sig;
	atomic_fetch_add(&s->got, 1);
}

static void
call_socket(unsigned which)
{
	char text[16];
	int fd;

	await(which < 2 ? DATAGRAM : CALLER);
	if (which == 0)
		expect(STOPPED(recv(sock[0], text, sizeof(text), 0)), 8, "recv");
	else if (which == 1) {
		struct iovec iov = {text, sizeof(text)};
		struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

		expect(STOPPED(recvmsg(sock[0], &m, 0)), 8, "recvmsg");
	} else {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			wrong("accept: %s", strerror(errno));
		close(fd);
	}
}

static void
call_sysv(unsigned which)
{
	struct message m;
	struct timespec minute = {60, 0};
	struct sembuf take = {0, -1, 0};

	await(which == 0 ? MESSAGE : RELEASE);
	if (which == 0)
		expect(msgrcv(queue, &m, 8, 0, 0), 8, "msgrcv");
	else if (which == 1)
		expect(STOPPED(semop(sem, &take, 1)), 0, "semop");
	else
		expect(STOPPED(semtimedop(sem, &take, 1, &minute)), 0, "semtimedop");
}

static void
call_signal(unsigned which)
{
	sigset_t usr2, others;
	uint32_t before = atomic_load(&s->got);

	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	pthread_sigmask(SIG_SETMASK, NULL, &others);
	sigdelset(&others, SIGUSR2);
	await(SIGNAL);
	if (which == 0) {
		expect(STOPPED(sigtimedwait(&usr2, NULL, &(struct timespec){60, 0})), SIGUSR2, "sigtimedwait");
		got_it();
	} else {
		errno = 0;
		expect(sigsuspend(&others), -1, "sigsuspend");
		expect(errno, EINTR, "sigsuspend's errno");
		got_it();
		if (atomic_load(&s->got) == before)
			wrong("sigsuspend returned, and no handler had run");
	}
	/* more may have come than were needed */
	while (sigtimedwait(&usr2, NULL, &(struct timespec){0, 0}) == SIGUSR2)
		;
}

/* A mask for the time of the call keeps signals out of it: it ends by its byte, not by EINTR. */
static void
call_masked(unsigned which)
{
	struct pollfd p = {.fd = bytes[0], .events = POLLIN};
	struct epoll_event e = {.events = EPOLLIN};
	static int ep = -1;
	uint32_t before = atomic_load(&s->got);
	sigset_t held;

	if (ep < 0) {
		ep = epoll_create1(EPOLL_CLOEXEC);
		epoll_ctl(ep, EPOLL_CTL_ADD, bytes[0], &e);
	}
	sigemptyset(&held);
	sigaddset(&held, SIGUSR1);
	sigaddset(&held, SIGUSR2);
	await(SIGNAL_FIRST);
	if (which == 0)
		expect(ppoll(&p, 1, NULL, &held), 1, "ppoll with SIGUSR1 blocked");
	else
		expect(STOPPED(epoll_pwait(ep, &e, 1, -1, &held)), 1, "epoll_pwait with SIGUSR1 blocked");
	take_byte();
	expect((int64_t)(atomic_load(&s->got) - before), 1, "SIGUSR1 after the call");
}

static void
call_file(unsigned which)
{
	static int timer = -1;
	static char room[1 << 16];
	struct itimerspec soon = {.it_value = {0, 1 + random_below(3000000)}};
	uint64_t n = 0;

	if (timer < 0)
		timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (which == 0) {
		await(EVENT);
		expect(read(event, &n, sizeof(n)), sizeof(n), "read of an eventfd");
	} else if (which == 1) {
		timerfd_settime(timer, 0, &soon, NULL);
		expect(read(timer, &n, sizeof(n)), sizeof(n), "read of a timerfd");
	} else {
		fcntl(full[1], F_SETFL, O_NONBLOCK);
		while (write(full[1], room, sizeof(room)) > 0)
			;
		fcntl(full[1], F_SETFL, 0);
		await(ROOM);
		expect(write(full[1], room, 4096), 4096, "write into a full pipe");
	}
}

static void
call_child(void)
{
	struct timespec t = a_while();
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		nanosleep(&t, NULL);
		_exit(5);
	}
	expect(waitpid(child, &status, 0), child, "waitpid");
	expect(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 5, "the child's status");
}

static void
round_calls(void)
{
	unsigned n = (unsigned)(rounds % 14);

	if (n < 3)
		call_socket(n);
	else if (n < 6)
		call_sysv(n - 3);
	else if (n < 8)
		call_signal(n - 6);
	else if (n < 10)
		call_masked(n - 8);
	else if (n < 13)
		call_file(n - 10);
	else
		call_child();
}

static void
start_calls(void)
{
	struct sigaction act = {.sa_handler = handle_quietly};
	struct timeval minute = {60, 0};
	sigset_t usr2;

	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	sigprocmask(SIG_BLOCK, &usr2, NULL);
	event = eventfd(0, EFD_CLOEXEC);
	queue = msgget(IPC_PRIVATE, 0600);
	sem = semget(IPC_PRIVATE, 1, 0600);
	if (pipe(full) < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, sock) < 0 || event < 0 || queue < 0 || sem < 0)
		cannot("what the calls need");
	fcntl(full[0], F_SETFL, O_NONBLOCK);
	/* with a timeout recv is one of those that any stop ends with EINTR */
	setsockopt(sock[0], SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof(minute));
	address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "pmtop-victim-%d", (int)getpid());
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 8) < 0)
		cannot("a socket");
}

static void
end_calls(void)
{
	msgctl(queue, IPC_RMID, NULL);
	semctl(sem, 0, IPC_RMID);
}

/* --- computing -------------------------------------------------------------------------------- */

/* In many registers of both kinds at once; the same each time. */
static uint64_t
compute(void)
{
	uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
	double x = 1, y = 0.5;

	for (unsigned i = 0; i < 100000; i++) {
		a = a * 6364136223846793005u + b;
		b ^= a >> 29;
		c += b << 3 | a >> 61;
		d = (d ^ c) * 0x9e3779b97f4a7c15u;
		e -= d;
		f = f * 31 + e;
		x = x * 1.0000001 + (double)(f & 0xff);
		y += x / (1 + (double)(e & 0xffff));
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ (uint64_t)(x + y * 1000);
}

static void
round_spin(void)
{
	static uint64_t first;
	uint64_t sum = compute();

	if (!first)
		first = sum;
	if (sum != first)
		wrong("a computation gave %#llx instead of %#llx", (unsigned long long)sum,
		      (unsigned long long)first);
}

/* --- memory ----------------------------------------------------------------------------------- */

enum { BLOCKS = 64, MAPS = 8 };

struct heap {
	unsigned char *block[BLOCKS];
	size_t size[BLOCKS];
	unsigned char *map[MAPS];
	size_t pages[MAPS];
};

static bool
is_filled(const unsigned char *p, size_t n, unsigned char with)
{
	return !n || (p[0] == with && p[n - 1] == with && !memcmp(p, p + 1, n - 1));
}

static void
move_block(struct heap *h, size_t i, size_t size)
{
	unsigned char with = (unsigned char)(i + 1);
	unsigned char *p;

	/* what has a mapping of its own keeps that, however small realloc makes it */
	if (random_below(4) == 0) {
		free(h->block[i]);
		h->block[i] = NULL;
		h->size[i] = 0;
	}
	p = realloc(h->block[i], size);
	if (!p || !is_filled(p, size < h->size[i] ? size : h->size[i], with))
		wrong("realloc of %zu bytes lost some", size);
	h->block[i] = p;
	h->size[i] = size;
	memset(p, with, size);
}

static void
move_map(struct heap *h, size_t i, size_t pages)
{
	unsigned char with = (unsigned char)(i + 101);
	unsigned char *p;

	if (h->map[i] && random_below(8) == 0) {
		expect(munmap(h->map[i], h->pages[i] * PAGE), 0, "munmap");
		h->map[i] = NULL;
		h->pages[i] = 0;
	}
	p = h->map[i] ? mremap(h->map[i], h->pages[i] * PAGE, pages * PAGE, MREMAP_MAYMOVE)
	              : mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		wrong("mmap or mremap: %s", strerror(errno));
		return;
	}
	if (!is_filled(p, (pages < h->pages[i] ? pages : h->pages[i]) * PAGE, with))
		wrong("mremap lost something");
	h->map[i] = p;
	h->pages[i] = pages;
	memset(p, with, pages * PAGE);
}

static void
churn(struct heap *h)
{
	for (unsigned n = 0; n < 20; n++) {
		move_block(h, random_below(BLOCKS), 1 + random_below(random_below(10) ? 2000 : 300000));
		move_map(h, random_below(MAPS), 1 + random_below(30));
	}
}

static void
round_malloc(void)
{
	static struct heap heap;

	churn(&heap);
}

/* --- threads ---------------------------------------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t turn_over;
	uint64_t turns;
	pthread_t thread[4];
} together = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, {0}};

static void *
take_turns(void *arg)
{
	uint64_t mine = (uintptr_t)arg, seen;

	pthread_mutex_lock(&together.lock);
	while (!atomic_load(&s->end)) {
		if (together.turns % 2 != mine) {
			pthread_cond_wait(&together.turn_over, &together.lock);
			continue;
		}
		seen = together.turns++;
		if (together.turns != seen + 1)
			wrong("two threads held one lock");
		pthread_cond_signal(&together.turn_over);
	}
	pthread_cond_broadcast(&together.turn_over);
	pthread_mutex_unlock(&together.lock);
	return NULL;
}

static void *
compute_and_churn(void *arg)
{
	struct heap heap = {0};
	uint64_t first = compute();

	(void)arg;
	while (!atomic_load(&s->end)) {
		if (compute() != first)
			wrong("a thread's computation went wrong");
		churn(&heap);
	}
	return NULL;
}

/* Two that take turns, two that compute and use memory; the main one reads. */
static void
start_threads(void)
{
	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&together.thread[i], NULL, i < 2 ? take_turns : compute_and_churn, (void *)(i % 2));
}

static void
end_threads(void)
{
	pthread_cond_broadcast(&together.turn_over);
	for (size_t i = 0; i < 4; i++)
		pthread_join(together.thread[i], NULL);
	if (together.turns < 2)
		wrong("the threads never took turns");
}

/* --- signals ---------------------------------------------------------------------------------- */

static struct {
	_Atomic uint64_t next;           /* number of the queued signal that is due */
	_Atomic uint64_t handled;        /* runs of handlers that end calls */
	_Atomic uint64_t alarms, expired;
	_Atomic int64_t lost;            /* expirations that were due and not reported; at least, of the latest runs */
	int64_t start_ns;
	timer_t timer;
} sig;

enum { INTERVAL_NS = 1300000 };

static void
handle_queued(int n, siginfo_t *info, void *context)
{
	uint64_t due = atomic_fetch_add(&sig.next, 1);

	(void)n;
	(void)context;
	if ((uintptr_t)info->si_value.sival_ptr != due || info->si_code != SI_QUEUE)
		wrong("queued signal %llu came as number %llu", (unsigned long long)(uintptr_t)info->si_value.sival_ptr,
		      (unsigned long long)due);
}

static void
handle_kick(int n)
{
	(void)n;
	atomic_fetch_add(&sig.handled, 1);
	atomic_fetch_add(&s->got, 1);
}

static void
handle_alarm(int n)
{
	(void)n;
	atomic_fetch_add(&sig.handled, 1);
	atomic_fetch_add(&sig.alarms, 1);
}

/*
 * Expirations that found the signal pending are reported with it: nothing of a timer may get lost. The clock is
 * read later than the kernel counted, on a busy machine by several intervals, so one run may seem to have lost
 * some; what is lost indeed is missing in each run that follows.
 */
static void
handle_timer(int n, siginfo_t *info, void *context)
{
	int64_t lost;

	(void)n;
	(void)context;
	atomic_fetch_add(&sig.handled, 1);
	atomic_fetch_add(&sig.expired, 1 + (uint64_t)info->si_overrun);
	lost = (now_ns() - sig.start_ns) / INTERVAL_NS - (int64_t)atomic_load(&sig.expired);
	if (lost < atomic_load(&sig.lost))
		atomic_store(&sig.lost, lost);
}

static void
set_handler(int n, void (*with)(int, siginfo_t *, void *), void (*plain)(int), int flags)
{
	struct sigaction act = {.sa_flags = flags};

	if (with) {
		act.sa_sigaction = with;
		act.sa_flags |= SA_SIGINFO;
	} else {
		act.sa_handler = plain;
	}
	sigfillset(&act.sa_mask);
	sigaction(n, &act, NULL);
}

static void
start_signals(void)
{
	struct itimerval often = {{0, 1700}, {0, 1700}};
	struct itimerspec every = {{0, INTERVAL_NS}, {0, INTERVAL_NS}};
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1};

	set_handler(SIGRTMIN, handle_queued, NULL, SA_RESTART);
	set_handler(SIGRTMIN + 1, handle_timer, NULL, 0);
	set_handler(SIGUSR1, NULL, handle_kick, 0);
	set_handler(SIGALRM, NULL, handle_alarm, 0);
	if (timer_create(CLOCK_MONOTONIC, &e, &sig.timer) < 0)
		cannot("a timer");
	sig.start_ns = now_ns();
	timer_settime(sig.timer, 0, &every, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void
partner_signals(void)
{
	static uint64_t sent;
	static int64_t since;

	if (atomic_load(&s->end)) {
		atomic_store(&s->queued, sent + 1);
		return;
	}
	for (unsigned i = 0; i < 1 + random_below(4); i++)
		if (sigqueue(victim, SIGRTMIN, (union sigval){.sival_ptr = (void *)(uintptr_t)sent}) == 0)
			sent++;
	if (atomic_load(&s->got) == atomic_load(&s->kicked)) {
		atomic_fetch_add(&s->kicked, 1);
		since = now_ns();
		kill(victim, SIGUSR1);
	} else if ((double)(now_ns() - since) > patience * 1e9) {
		wrong("SIGUSR1 never came");
		since = now_ns();
	}
}

/* Runs of handlers that end such a call; that of the queued signals has SA_RESTART, for which read alone cares. */
static uint64_t
interruptions(bool read)
{
	return atomic_load(&sig.handled) + (read ? 0 : atomic_load(&sig.next));
}

/* A call may end early if a handler has run, and not otherwise. */
static void
round_signals(void)
{
	struct timespec t = {0, 1 + random_below(5000000)};
	struct pollfd none = {.fd = -1};
	uint64_t before = interruptions(rounds % 5 == 3);
	char byte;
	int r = 0;

	errno = 0;
	switch (rounds % 5) {
	case 0: r = nanosleep(&t, NULL); break;
	case 1: r = poll(&none, 1, 3); break;
	case 2: r = pause(); break;
	case 3: r = (int)read(bytes[0], &byte, 1); break;
	case 4: round_spin(); break;
	}
	if (r != 0 && r != -1)
		wrong("call %u returned %d", (unsigned)(rounds % 5), r);
	if (r < 0 && errno != EINTR)
		wrong("call %u: %s", (unsigned)(rounds % 5), strerror(errno));
	if (r < 0 && interruptions(rounds % 5 == 3) == before)
		wrong("call %u was interrupted by nothing", (unsigned)(rounds % 5));
}

static void
end_signals(void)
{
	int64_t until = now_ns() + (int64_t)(patience * 1e9);
	struct itimerspec off = {{0, 0}, {0, 0}};

	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
	atomic_store(&sig.lost, INT64_MAX);
	while (now_ns() < until && atomic_load(&sig.lost) > 1)
		poll(NULL, 0, 1);
	timer_settime(sig.timer, 0, &off, NULL);
	while (now_ns() < until && (!atomic_load(&s->queued) || atomic_load(&sig.next) + 1 < atomic_load(&s->queued)))
		poll(NULL, 0, 1);
	expect((int64_t)atomic_load(&sig.next), (int64_t)atomic_load(&s->queued) - 1, "queued signals");
	if (llabs((long long)atomic_load(&sig.lost)) > 1)
		wrong("%lld of %lld expirations of a timer are lost", (long long)atomic_load(&sig.lost),
		      (long long)atomic_load(&sig.expired));
	if (!atomic_load(&sig.alarms))
		wrong("no alarm came");
}

/* --- the frame around a mode ------------------------------------------------------------------ */

static const struct mode {
	const char *name;
	void (*start)(void), (*round)(void), (*more)(void), (*end)(void);
} modes[] = {
	{"read", NULL, round_read, no_more, NULL},
	{"futex", NULL, round_futex, no_more, NULL},
	{"poll", NULL, round_poll, no_more, NULL},
	{"nanosleep", NULL, round_nanosleep, no_more, NULL},
	{"epoll", NULL, round_epoll, no_more, NULL},
	{"calls", start_calls, round_calls, no_more, end_calls},
	{"spin", NULL, round_spin, no_more, NULL},
	{"malloc", NULL, round_malloc, no_more, NULL},
	{"threads", start_threads, round_read, no_more, end_threads},
	{"signals", start_signals, round_signals, partner_signals, end_signals},
};

static unsigned
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static void
check_mask(const sigset_t *want)
{
	sigset_t now;

	sigemptyset(&now); /* the kernel's set is the smaller one */
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int n = 1; n < NSIG; n++)
		if (sigismember(want, n) != sigismember(&now, n)) {
			wrong("signal %d is %s after round %llu", n, sigismember(&now, n) ? "blocked" : "let in",
			      (unsigned long long)rounds);
			return;
		}
}

static void
run(const struct mode *m)
{
	char *region = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigset_t mask;
	unsigned fds = 0;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	while (!atomic_load(&s->end)) {
		m->round();
		check_mask(&mask);
		if (++rounds != 30)
			continue;
		/* whatever a mode opens on the way is open, and nobody else's descriptor is there yet */
		fds = count_fds();
		printf("ready %d %llx..%llx\n", (int)victim, (unsigned long long)(uintptr_t)region,
		       (unsigned long long)(uintptr_t)region + 16 * PAGE);
	}
	if (rounds >= 30)
		expect(count_fds(), fds, "open descriptors");
}

int
main(int argc, char **argv)
{
	const char *scale = getenv("TEST_TIMEOUT_SCALE");
	const struct mode *m = NULL;
	pid_t child;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(argv[1], modes[i].name))
			m = &modes[i];
	if (!m) {
		fprintf(stderr, "usage: victim MODE\n");
		return 2;
	}
	patience *= scale ? atof(scale) : 1;
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	victim = getpid();
	if (s == MAP_FAILED || pipe(bytes) < 0)
		cannot("the beginnings");
	if (m->start)
		m->start();
	child = fork();
	if (child < 0)
		cannot("a partner");
	if (child == 0)
		partner(m->more);
	run(m);
	if (m->end)
		m->end();
	if (s->wrongs)
		printf("wrong %u: %s\n", s->wrongs, s->first);
	else
		printf("ok %llu %u\n", (unsigned long long)rounds, s->ended);
	return s->wrongs != 0;
}
