package llmtest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"regexp"
)

// Echo answers a question with a short text that depends on it alone, and a
// judge's request with a verdict that depends on the answer alone.
func Echo(r *Request) string {
	if !r.Judging() {
		return fmt.Sprintf("Answer %08x.", hash(r.All()))
	}
	return JudgeReply(r, func(id string) any {
		if hash(id+r.Last())%10 == 0 {
			return "no"
		}
		return "yes"
	})
}

func hash(s string) uint32 {
	sum := sha256.Sum256([]byte(s))
	return binary.LittleEndian.Uint32(sum[:])
}

var criterionID = regexp.MustCompile(`"id": ?"([a-z0-9_-]+)", "reason"`)

// JudgeReply writes a verdict in the shape that the request's first message
// asks for, with answer(id) for each criterion: "yes", "no" or a step.
func JudgeReply(r *Request, answer func(id string) any) string {
	type item struct {
		ID     string `json:"id"`
		Reason string `json:"reason"`
		Answer any    `json:"answer"`
	}
	var items []item
	for _, m := range criterionID.FindAllStringSubmatch(r.Messages[0].Content, -1) {
		items = append(items, item{m[1], "Because of what the answer says.", answer(m[1])})
	}
	b, err := json.Marshal(map[string]any{"criteria": items})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(b)
}
