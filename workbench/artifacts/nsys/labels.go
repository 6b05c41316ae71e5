package nsys

import (
	"maps"
	"slices"
	"strings"

	"profilemate/frames"
)

// labels are the words of an enumeration.
type labels struct {
	dict  *frames.Dictionary
	codes map[int64]int32
	other int32 // code of "other": a number without a word, from a newer exporter
}

func newLabels(words map[int64]string) *labels {
	l := &labels{dict: frames.NewDictionary(), codes: map[int64]int32{}}
	for _, n := range slices.Sorted(maps.Keys(words)) {
		l.codes[n] = l.dict.Code(words[n])
	}
	l.other = l.dict.Code("other")
	return l
}

func labelCell(words map[int64]string) func(*field, *scope) cell {
	return func(f *field, s *scope) cell {
		l := s.labels[f.Name]
		if l == nil {
			l = newLabels(words)
			s.labels[f.Name] = l
		}
		return &codes{field: f.Field, dict: l.dict, decode: func(in []vector, row int) int32 {
			if in[0].null(row) {
				return -1
			}
			if code, ok := l.codes[in[0].ints[row]]; ok {
				return code
			}
			return l.other
		}}
	}
}

// fixedCell gives the same word in every row.
func fixedCell(word string, all ...string) func(*field, *scope) cell {
	return func(f *field, s *scope) cell {
		l := s.labels[f.Name]
		if l == nil {
			l = &labels{dict: frames.NewDictionary()}
			for _, w := range all {
				l.dict.Code(w)
			}
			s.labels[f.Name] = l
		}
		code, _ := l.dict.Lookup(word)
		return &codes{field: f.Field, dict: l.dict, decode: func([]vector, int) int32 { return code }}
	}
}

// enumerate numbers a list of words from 0; an empty word is no word.
func enumerate(list string) map[int64]string {
	out := map[int64]string{}
	for i, w := range strings.Split(list, ",") {
		if w != "" {
			out[int64(i)] = w
		}
	}
	return out
}

func copyKinds() map[int64]string {
	return enumerate("unknown,host to device,device to host,host to array,array to host,array to array,array to device," +
		"device to array,device to device,host to host,peer to peer,unified host to device,unified device to host,unified device to device")
}

// memoryKinds are nsys's own numbers, which differ from CUPTI's.
func memoryKinds() map[int64]string {
	return enumerate("pageable,pinned,device,array,managed,device static,managed static,unknown")
}

func nvtxTypes() map[int64]string {
	return map[int64]string{33: "category", 34: "mark", 39: "thread-name", 59: "push-pop", 60: "start-end",
		70: "push-pop", 71: "start-end", 75: "domain", 76: "domain-end"}
}

// syncTypes are those of CUpti_ActivitySynchronizationType.
func syncTypes() map[int64]string {
	return enumerate("unknown,event,stream wait event,stream,context")
}

// overheadTypes are those of nsys: its enumeration numbers the kinds of CUPTI in a
// row.
func overheadTypes() map[int64]string {
	return enumerate(",,JIT,buffer flush,instrumentation,,module load,lazy function load,command buffer full")
}

func memoryOperations() map[int64]string { return enumerate("allocation,release") }

func streamKinds() map[int64]string { return enumerate("unknown,default,non-blocking,null") }

func severities() map[int64]string { return enumerate(",information,warning,error") }

// threadStates are those of ENUM_SAMPLING_THREAD_STATE.
func threadStates() map[int64]string {
	return enumerate("unknown,running,interruptible,uninterruptible,stopped,terminated,unscheduled,waiting,OS runtime,initialized,transition")
}
