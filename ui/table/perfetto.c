/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The few messages of Perfetto's traces (protos/perfetto/trace of its sources) that recordings
 * need, in the wire format of protocol buffers: a message is a sequence of fields, each a number
 * with the kind of its value, then the value. For seven messages that is less than a library.
 */
#include "table/perfetto.h"

#include <string.h>

#include "base/text.h"

enum { WIRE_NUMBER = 0, WIRE_BYTES = 2 };

/* The numbers of the fields. */
enum {
	TRACE_PACKET = 1,

	PACKET_CLOCKS = 6,
	PACKET_TIME = 8,
	PACKET_SEQUENCE = 10,
	PACKET_EVENT = 11,
	PACKET_FLAGS = 13,
	PACKET_TRACK = 60,
	PACKET_SMAPS = 68,

	CLOCKS_CLOCK = 1,
	CLOCKS_PRIMARY = 2,
	CLOCK_ID = 1,
	CLOCK_TIME = 2,

	TRACK_ID = 1,
	TRACK_NAME = 2,
	TRACK_PROCESS = 3,
	TRACK_PARENT = 5,
	TRACK_COUNTER = 8,
	COUNTER_UNIT = 3,
	PROCESS_PID = 1,
	PROCESS_NAME = 6,

	EVENT_TYPE = 9,
	EVENT_TRACK = 11,
	EVENT_NAME = 23,
	EVENT_VALUE = 30,

	SMAPS_PID = 1,
	SMAPS_PACKED = 3,
	PACKED_NAMES = 1,
	PACKED_NAME = 2,
	PACKED_SIZE = 4,
	PACKED_RSS = 5,
	PACKED_ANON = 6,
	PACKED_SWAP = 7,
	PACKED_HOW = 16,
};

/* And the values that some have. */
enum {
	SEQUENCE = 1,    /* all packets are of one writer, */
	STATE_BEGINS = 1, /* ... which relies on nothing before */
	CLOCK_REALTIME_ID = 1,
	CLOCK_BOOTTIME_ID = 6,
	UNIT_BYTES = 3,
	EVENT_BEGINS = 1,
	EVENT_ENDS = 2,
	EVENT_COUNTER = 4,
	PACKED_ALONE = 1,
};

/* --- the wire --------------------------------------------------------------------------------- */

static void
perfetto_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_add(b, (char[]){(char)(v | 0x80)}, 1);
	buf_add(b, (char[]){(char)v}, 1);
}

static void
perfetto_number(struct buf *b, unsigned field, uint64_t v)
{
	perfetto_varint(b, field << 3 | WIRE_NUMBER);
	perfetto_varint(b, v);
}

static void
perfetto_bytes(struct buf *b, unsigned field, const char *s, size_t n)
{
	perfetto_varint(b, field << 3 | WIRE_BYTES);
	perfetto_varint(b, n);
	buf_add(b, s, n);
}

/* Of UTF-8 only. */
static void
perfetto_text(struct buf *b, unsigned field, const char *s)
{
	struct buf safe = {0};

	text_escape(&safe, s, strlen(s), false);
	perfetto_bytes(b, field, safe.s ? safe.s : "", safe.len);
	buf_free(&safe);
}

/* A message that was made, as a field of another; it begins anew. */
static void
perfetto_close(struct buf *part, struct buf *whole, unsigned field)
{
	perfetto_bytes(whole, field, part->s ? part->s : "", part->len);
	part->len = 0;
}

/* --- packets ---------------------------------------------------------------------------------- */

static struct buf *
perfetto_packet(struct perfetto *p)
{
	p->parts[0].len = 0;
	perfetto_number(&p->parts[0], PACKET_SEQUENCE, SEQUENCE);
	return &p->parts[0];
}

static void
perfetto_end(struct perfetto *p)
{
	perfetto_close(&p->parts[0], &p->out, TRACE_PACKET);
}

/* The trace's clock is that of the day. */
void
perfetto_begin(struct perfetto *p, uint64_t time_ns)
{
	static const unsigned clocks[] = {CLOCK_REALTIME_ID, CLOCK_BOOTTIME_ID};
	struct buf *packet, *snapshot = &p->parts[1], *clock = &p->parts[2];

	*p = (struct perfetto){0};
	packet = perfetto_packet(p);
	perfetto_number(packet, PACKET_FLAGS, STATE_BEGINS);
	perfetto_number(packet, PACKET_TIME, time_ns);
	for (size_t i = 0; i < ARRAY_LEN(clocks); i++) {
		perfetto_number(clock, CLOCK_ID, clocks[i]);
		perfetto_number(clock, CLOCK_TIME, time_ns);
		perfetto_close(clock, snapshot, CLOCKS_CLOCK);
	}
	perfetto_number(snapshot, CLOCKS_PRIMARY, CLOCK_REALTIME_ID);
	perfetto_close(snapshot, packet, PACKET_CLOCKS);
	perfetto_end(p);
}

void
perfetto_free(struct perfetto *p)
{
	buf_free(&p->out);
	for (size_t i = 0; i < ARRAY_LEN(p->parts); i++)
		buf_free(&p->parts[i]);
}

static struct buf *
perfetto_track(struct perfetto *p, uint64_t parent, const char *name)
{
	struct buf *track = &p->parts[1];

	perfetto_packet(p);
	perfetto_number(track, TRACK_ID, ++p->tracks);
	if (parent)
		perfetto_number(track, TRACK_PARENT, parent);
	if (name)
		perfetto_text(track, TRACK_NAME, name);
	return track;
}

static uint64_t
perfetto_end_track(struct perfetto *p)
{
	perfetto_close(&p->parts[1], &p->parts[0], PACKET_TRACK);
	perfetto_end(p);
	return p->tracks;
}

uint64_t
perfetto_process(struct perfetto *p, pid_t pid, const char *name)
{
	struct buf *track = perfetto_track(p, 0, NULL), *process = &p->parts[2];

	perfetto_number(process, PROCESS_PID, (uint64_t)pid);
	perfetto_text(process, PROCESS_NAME, name);
	perfetto_close(process, track, TRACK_PROCESS);
	return perfetto_end_track(p);
}

uint64_t
perfetto_group(struct perfetto *p, uint64_t parent, const char *name)
{
	perfetto_track(p, parent, name);
	return perfetto_end_track(p);
}

uint64_t
perfetto_counter(struct perfetto *p, uint64_t parent, const char *name)
{
	struct buf *track = perfetto_track(p, parent, name), *counter = &p->parts[2];

	perfetto_number(counter, COUNTER_UNIT, UNIT_BYTES);
	perfetto_close(counter, track, TRACK_COUNTER);
	return perfetto_end_track(p);
}

static struct buf *
perfetto_event(struct perfetto *p, uint64_t time_ns, uint64_t type, uint64_t track)
{
	struct buf *packet = perfetto_packet(p), *event = &p->parts[1];

	perfetto_number(packet, PACKET_TIME, time_ns);
	perfetto_number(event, EVENT_TYPE, type);
	perfetto_number(event, EVENT_TRACK, track);
	return event;
}

static void
perfetto_end_event(struct perfetto *p)
{
	perfetto_close(&p->parts[1], &p->parts[0], PACKET_EVENT);
	perfetto_end(p);
}

void
perfetto_value(struct perfetto *p, uint64_t counter, uint64_t time_ns, uint64_t value)
{
	perfetto_number(perfetto_event(p, time_ns, EVENT_COUNTER, counter), EVENT_VALUE, value);
	perfetto_end_event(p);
}

void
perfetto_stretch(struct perfetto *p, uint64_t track, uint64_t time_ns, const char *name)
{
	struct buf *event =
	    perfetto_event(p, time_ns, name ? EVENT_BEGINS : EVENT_ENDS, track);

	if (name)
		perfetto_text(event, EVENT_NAME, name);
	perfetto_end_event(p);
}

/* --- mappings --------------------------------------------------------------------------------- */

/* A number of each mapping, in KiB: the uint64_t at `offset`. */
static void
perfetto_of_each(struct perfetto *p, unsigned field, const struct perfetto_mapping *v, size_t n,
                 size_t offset)
{
	struct buf *part = &p->parts[0];

	part->len = 0;
	for (size_t i = 0; i < n; i++)
		perfetto_varint(part,
		                *(const uint64_t *)((const char *)&v[i] + offset) / 1024);
	perfetto_close(part, &p->parts[2], field);
}

void
perfetto_mappings(struct perfetto *p, uint64_t time_ns, pid_t pid,
                  const struct perfetto_mapping *v, size_t n, bool swap_known)
{
	struct buf *packet, *smaps = &p->parts[1], *packed = &p->parts[2];

	perfetto_bytes(packed, PACKED_NAMES, "", 0); /* the first is no name */
	for (size_t i = 0; i < n; i++)
		perfetto_text(packed, PACKED_NAMES, v[i].name);
	p->parts[0].len = 0;
	for (size_t i = 0; i < n; i++)
		perfetto_varint(&p->parts[0], i + 1);
	perfetto_close(&p->parts[0], packed, PACKED_NAME);
	perfetto_of_each(p, PACKED_SIZE, v, n, offsetof(struct perfetto_mapping, size));
	perfetto_of_each(p, PACKED_RSS, v, n, offsetof(struct perfetto_mapping, rss));
	perfetto_of_each(p, PACKED_ANON, v, n, offsetof(struct perfetto_mapping, anon));
	if (swap_known)
		perfetto_of_each(p, PACKED_SWAP, v, n, offsetof(struct perfetto_mapping, swap));
	perfetto_number(packed, PACKED_HOW, PACKED_ALONE);
	perfetto_number(smaps, SMAPS_PID, (uint64_t)pid);
	perfetto_close(packed, smaps, SMAPS_PACKED);
	packet = perfetto_packet(p);
	perfetto_number(packet, PACKET_TIME, time_ns);
	perfetto_close(smaps, packet, PACKET_SMAPS);
	perfetto_end(p);
}
