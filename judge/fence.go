package judge

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// A fence separates material that is being judged from the words of the
// judge's task. Three things keep the material inside:
//
//   - Its marker lines carry a token that is a keyed hash of the material
//     itself. Whoever wrote the material cannot know the token, since every
//     attempt to write it down changes it; and the same material gets the same
//     token again, so that caches and replays work.
//   - Every line of the material begins with a gutter, so that no line of it
//     looks like a marker line or like a line of the task.
//   - Characters that do not show, or that tokenizers of chat models take for
//     turns of the conversation, are made harmless.
type fence struct{ token string }

// gutter begins every line of fenced material.
const gutter = "| "

// newFence derives the token of a request from the seed of the run and all of
// its material.
func newFence(seed string, material []string) fence {
	for n := 0; ; n++ {
		mac := hmac.New(sha256.New, []byte("qualgate fence\x00"+seed))
		fmt.Fprintf(mac, "%d\n", n)
		for _, m := range material {
			fmt.Fprintf(mac, "%d:%s\n", len(m), m)
		}
		token := hex.EncodeToString(mac.Sum(nil)[:12])
		taken := false
		for _, m := range material {
			taken = taken || strings.Contains(strings.ToLower(m), token)
		}
		if !taken {
			return fence{token}
		}
	}
}

// open and close are the marker lines around one piece of material.
func (f fence) open(what string) string  { return "<<<" + f.token + " BEGIN " + what + ">>>" }
func (f fence) close(what string) string { return "<<<" + f.token + " END " + what + ">>>" }

// wrap fences one piece of material. what is our own word for it.
func (f fence) wrap(b *strings.Builder, what, material string) {
	b.WriteString(f.open(what))
	b.WriteByte('\n')
	if material == "" {
		b.WriteString("(empty)\n")
	} else {
		for line := range strings.SplitSeq(disarm(material), "\n") {
			b.WriteString(gutter)
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	b.WriteString(f.close(what))
	b.WriteByte('\n')
}

// disarm makes a text safe to show to a model: one kind of line break, other
// controls and invisible characters written out, chat markup broken up.
func disarm(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if needsDisarm(s) {
		var b strings.Builder
		for _, r := range s {
			switch {
			case r == '\n' || r == '\t' || joins(r):
				b.WriteRune(r)
			case breaksLine(r):
				fmt.Fprintf(&b, "\\u{%04x}\n", r)
			case isHidden(r) && r != '\uFFFD':
				fmt.Fprintf(&b, "\\u{%04x}", r)
			default:
				b.WriteRune(r)
			}
		}
		s = b.String()
	}
	return breakMarkup.Replace(s)
}

func needsDisarm(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && (isHidden(r) || breaksLine(r)) })
}

// joins reports the invisible characters that ordinary writing needs: the
// joiners of Persian and Indian scripts and of emoji.
func joins(r rune) bool { return r == '\u200c' || r == '\u200d' }

// breaksLine reports characters other than \n that some readers take for the
// end of a line.
func breaksLine(r rune) bool {
	switch r {
	case '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// chatMarkup is what some servers read as a turn of the conversation even
// inside a message: <|im_end|>, [INST], <<SYS>>, <start_of_turn>, </s>.
var chatMarkup = []string{"<|", "<｜", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<s>", "</s>",
	"<start_of_turn>", "<end_of_turn>", "<think>", "</think>"}

// breakMarkup puts a word joiner behind the first character of chat markup: it
// reads the same and is no token any more.
var breakMarkup = func() *strings.Replacer {
	var pairs []string
	for _, m := range chatMarkup {
		pairs = append(pairs, m, m[:1]+"\u2060"+m[1:])
	}
	return strings.NewReplacer(pairs...)
}()
