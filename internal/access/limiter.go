package access

import (
	"container/list"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Limiter bounds how often each party may do something: a bucket of Burst that
// fills at PerSecond. It remembers the parties seen last, so that its memory is
// bounded whoever knocks. Safe for concurrent use.
type Limiter struct {
	perSecond, burst float64

	mu      sync.Mutex
	buckets map[string]*list.Element
	order   *list.List // latest first
	now     func() time.Time
}

type bucket struct {
	key  string
	left float64
	at   time.Time
}

// maxBuckets is how many parties a limiter remembers. A party that is forgotten
// starts with a full bucket.
const maxBuckets = 10_000

// NewLimiter makes a limiter.
func NewLimiter(perSecond, burst float64) *Limiter {
	return &Limiter{perSecond: perSecond, burst: burst, buckets: map[string]*list.Element{}, order: list.New(), now: time.Now}
}

// Take counts one deed of a party and tells whether it may.
func (l *Limiter) Take(key string) bool {
	b := l.bucket(key)
	defer l.mu.Unlock()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// Empty tells whether a party has nothing left, without counting.
func (l *Limiter) Empty(key string) bool {
	b := l.bucket(key)
	defer l.mu.Unlock()
	return b.left < 1
}

// bucket returns a party's bucket, filled up to now, with the lock held.
func (l *Limiter) bucket(key string) *bucket {
	l.mu.Lock()
	now := l.now()
	e := l.buckets[key]
	if e == nil {
		if len(l.buckets) >= maxBuckets {
			last := l.order.Back()
			delete(l.buckets, last.Value.(*bucket).key) //nolint:forcetypeassert // nothing else is in the list
			l.order.Remove(last)
		}
		e = l.order.PushFront(&bucket{key: key, left: l.burst, at: now})
		l.buckets[key] = e
	}
	l.order.MoveToFront(e)
	b := e.Value.(*bucket) //nolint:forcetypeassert // nothing else is in the list
	b.left = min(l.burst, b.left+float64(now.Sub(b.at).Seconds()*l.perSecond))
	b.at = now
	return b
}

// Address tells who sent a request, for limits and logs: the other end of the
// connection, unless that is a proxy we were told to believe. What other headers
// claim is not looked at, since anybody can write them.
func Address(r *http.Request, proxies []netip.Prefix) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	peer, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	for _, p := range proxies {
		if !p.Contains(peer.Unmap()) {
			continue
		}
		// The last entry is the one our own proxy wrote.
		all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if a, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
			return a.Unmap().String()
		}
	}
	return host
}
