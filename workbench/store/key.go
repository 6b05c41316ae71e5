package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Key returns the key of a result made from parts: SHA-256 in hexadecimal over the
// parts, each behind its length, so that no two lists of parts share one text. The
// order counts. Parts are whatever the result depends on: digests of inputs,
// parameters, the analysis and its version, tables of rules and devices, the build.
func Key(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		var length [8]byte
		binary.LittleEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// validKey reports whether text is what Key returns. Keys come out of URLs and
// notebooks and become file names: nothing else may pass.
func validKey(text string) bool {
	if len(text) != 2*sha256.Size {
		return false
	}
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
