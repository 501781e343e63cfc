package store

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// A cursor is the key of the last row of a page, so that pages neither repeat nor
// skip a row when others come in between. The first byte names the list.
const (
	sessionCursor = 's'
	missionCursor = 'm'
	eventCursor   = 'e'
)

// cursor is a place in a list ordered by number, then id.
type cursor struct {
	number int64
	id     string
}

func timeCursor(t time.Time, id string) cursor { return cursor{t.UnixMicro(), id} }

func (c cursor) time() time.Time { return time.UnixMicro(c.number).UTC() }

func (c cursor) encode(list byte) string {
	b := binary.AppendVarint([]byte{list}, c.number)
	return base64.RawURLEncoding.EncodeToString(append(b, c.id...))
}

func decodeCursor(list byte, s string) (cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil && len(b) > 1 && b[0] == list {
		if number, n := binary.Varint(b[1:]); n > 0 {
			id := string(b[1+n:])
			if text(id) == id {
				return cursor{number, id}, nil
			}
		}
	}
	return cursor{}, fmt.Errorf("cursor: %w: use the next_cursor of a page of this list", ErrInvalid)
}

// pageSize is the limit asked for, within its bounds.
func pageSize(limit, preset, most int) int {
	if limit <= 0 {
		return preset
	}
	return min(limit, most)
}
