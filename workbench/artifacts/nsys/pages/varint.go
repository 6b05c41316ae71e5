package pages

// varint reads the variable-length integer at p[at:] and returns where it ends
// (section 1.6). p must have nine bytes from there on.
func varint(p []byte, at int) (v uint64, end int) {
	for i := range 8 {
		b := p[at+i]
		v = v<<7 | uint64(b&0x7f)
		if b < 0x80 {
			return v, at + i + 1
		}
	}
	return v<<8 | uint64(p[at+8]), at + 9
}
