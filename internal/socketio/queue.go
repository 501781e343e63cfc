package socketio

import (
	"slices"
	"time"
)

// item is one entry of a connection's outbound queue.
type item struct {
	*wire
	owner *Socket   // whose loss it is; nil for the protocol's own packets
	topic string    // empty for messages that must not be lost
	since time.Time // when it was queued; zero for most
}

// queued says what became of an item.
type queued uint8

const (
	queueAccepted queued = iota
	queueReplaced        // an older one of the topic was dropped for it
	queueRefused         // no room: a topic's message was dropped
	queueOverflow        // no room for a message that must not be lost
)

type topicKey struct {
	owner *Socket
	topic string
}

// queue is the bounded outbound queue of one connection. A newer message takes
// the place of an older one of its topic, not a place at the end: a fast
// producer can't push its own topic back for ever.
type queue struct {
	maxMessages, maxBytes int

	items []item
	bytes int
	index map[topicKey]int // where a topic waits in items
}

// push adds an item. Packets of the protocol itself (owner nil, no topic) have
// a few places of their own, so that a ping still fits into a full queue.
func (q *queue) push(it item) queued {
	key := topicKey{it.owner, it.topic}
	if it.topic != "" {
		if i, ok := q.index[key]; ok {
			grow := it.size - q.items[i].size
			if q.bytes+grow > q.maxBytes {
				return queueRefused
			}
			q.items[i] = it
			q.bytes += grow
			return queueReplaced
		}
	}
	if !q.fits(it) {
		if it.topic != "" {
			return queueRefused
		}
		return queueOverflow
	}
	if it.topic != "" {
		if q.index == nil {
			q.index = make(map[topicKey]int)
		}
		q.index[key] = len(q.items)
	}
	q.items = append(q.items, it)
	q.bytes += it.size
	return queueAccepted
}

func (q *queue) fits(it item) bool {
	const reserve = 16
	if it.owner == nil {
		return len(q.items) < q.maxMessages+reserve
	}
	return len(q.items) < q.maxMessages && q.bytes+it.size <= q.maxBytes
}

// take hands over all that waits and keeps into as the next buffer.
func (q *queue) take(into []item) []item {
	items := q.items
	q.items, q.bytes = into[:0], 0
	clear(q.index)
	return items
}

// takePackets hands over what waits, up to a number of Engine.IO packets but at
// least one item.
func (q *queue) takePackets(limit int) (packets []enginePacket, items int) {
	for _, it := range q.items {
		if items > 0 && len(packets)+len(it.packets) > limit {
			break
		}
		packets = append(packets, it.packets...)
		q.bytes -= it.size
		items++
	}
	q.items = slices.Delete(q.items, 0, items)
	clear(q.index)
	for i, it := range q.items {
		if it.topic != "" {
			q.index[topicKey{it.owner, it.topic}] = i
		}
	}
	return packets, items
}

func (q *queue) empty() bool { return len(q.items) == 0 }
