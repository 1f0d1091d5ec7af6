package judge

import (
	"context"
	"math/bits"
)

// levenshtein returns the least number of insertions, deletions and
// substitutions that turn a into b. It is the bit-parallel algorithm of Myers
// (1999) in the block form of Hyyrö (2003): 64 rows of the classic table at a
// time, each block over the whole of b, so that time is len(a)·len(b)/64 and
// memory len(b). It stops with the context's error.
func levenshtein[T comparable](ctx context.Context, a, b []T) (int, error) {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return len(b), nil
	}
	ida, idb, n := intern(a, b)
	eq := make([]uint64, n)
	// carry[j] is the horizontal difference the block above hands down in
	// column j: +1, 0 or −1. Above the first row it is +1 everywhere.
	carry := make([]int8, len(b))
	for j := range carry {
		carry[j] = 1
	}
	distance := len(a)
	for start := 0; start < len(ida); start += 64 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		rows := ida[start:min(start+64, len(ida))]
		setMasks(eq, rows)
		last := uint(len(rows) - 1)
		isEnd := start+64 >= len(ida)
		pv, mv := ^uint64(0), uint64(0)
		for j, c := range idb {
			e := eq[c]
			xv := e | mv
			var inPlus, inMinus uint64
			switch carry[j] {
			case 1:
				inPlus = 1
			case -1:
				inMinus = 1
			}
			e |= inMinus
			xh := (((e & pv) + pv) ^ pv) | e
			ph, mh := mv|^(xh|pv), pv&xh
			out := int8(ph>>last&1) - int8(mh>>last&1)
			if isEnd {
				distance += int(out)
			}
			carry[j] = out
			ph, mh = ph<<1|inPlus, mh<<1|inMinus
			pv, mv = mh|^(xv|ph), ph&xv
		}
		clearMasks(eq, rows)
	}
	return distance, nil
}

// lcsLength returns the length of the longest common subsequence, by the
// bit-parallel algorithm of Crochemore et al. (2001) and Hyyrö (2004), in
// blocks of 64 rows as above. It stops with the context's error.
func lcsLength[T comparable](ctx context.Context, a, b []T) (int, error) {
	if len(a) > len(b) {
		a, b = b, a
	}
	ida, idb, n := intern(a, b)
	eq := make([]uint64, n)
	carry := make([]uint8, len(b)) // of the addition, from the block below
	length := 0
	for start := 0; start < len(ida); start += 64 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		rows := ida[start:min(start+64, len(ida))]
		setMasks(eq, rows)
		s := ^uint64(0)
		for j, c := range idb {
			u := s & eq[c]
			sum, out := bits.Add64(s, u, uint64(carry[j]))
			carry[j] = uint8(out)
			s = sum | (s &^ u)
		}
		clearMasks(eq, rows)
		used := ^uint64(0) >> (64 - uint(len(rows)))
		length += bits.OnesCount64(^s & used)
	}
	return length, nil
}

// intern numbers the elements: equal ones alike, 0 for what a does not hold.
func intern[T comparable](a, b []T) (ida, idb []int32, n int) {
	ids := map[T]int32{}
	ida, idb = make([]int32, len(a)), make([]int32, len(b))
	for i, x := range a {
		id, ok := ids[x]
		if !ok {
			id = int32(len(ids) + 1)
			ids[x] = id
		}
		ida[i] = id
	}
	for i, x := range b {
		idb[i] = ids[x]
	}
	return ida, idb, len(ids) + 1
}

func setMasks(eq []uint64, rows []int32) {
	for i, id := range rows {
		eq[id] |= 1 << uint(i)
	}
}

func clearMasks(eq []uint64, rows []int32) {
	for _, id := range rows {
		eq[id] = 0
	}
}

// editDistance is levenshtein for words, where waiting is not a question.
func editDistance(a, b []rune) int {
	d, _ := levenshtein(context.Background(), a, b)
	return d
}
