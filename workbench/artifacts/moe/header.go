package moe

import "strings"

// cell is what a column of a tracker's CSV file means, whatever its header says.
type cell int

// The meanings a column can have.
const (
	layerCol cell = iota
	stepCol
	expertCol
	expertACol
	expertBCol
	nextExpertCol
	countCol
	percentageCol
	tokenCol
	weightCol
	binMinCol
	binMaxCol
	secondsCol
	deviationCol
	maxMinRatioCol
	stepsCol
	phaseCol
	tokensCol
	weightSumCol
	cells // how many there are
)

// meaning returns what a header cell stands for: the tracker's own names, the short
// ones of its variants, and those of SGLang's first recorder.
func meaning(head string) (cell, bool) {
	switch head {
	case "layer_idx", "layer_id", "layer":
		return layerCol, true
	case "step":
		return stepCol, true
	case "expert_id", "expert":
		return expertCol, true
	case "expert_id_1", "expert_a":
		return expertACol, true
	case "expert_id_2", "expert_b":
		return expertBCol, true
	case "next_expert_id", "next_expert":
		return nextExpertCol, true
	case "activation_count", "coselection_count", "count":
		return countCol, true
	case "percentage":
		return percentageCol, true
	case "token_idx", "token":
		return tokenCol, true
	case "weight":
		return weightCol, true
	case "bin_min":
		return binMinCol, true
	case "bin_max":
		return binMaxCol, true
	case "timestamp_sec":
		return secondsCol, true
	case "std_dev":
		return deviationCol, true
	case "max_min_ratio":
		return maxMinRatioCol, true
	case "steps":
		return stepsCol, true
	case "phase":
		return phaseCol, true
	case "tokens":
		return tokensCol, true
	case "weight_sum":
		return weightSumCol, true
	}
	return 0, false
}

// layout says at which field of a row each cell stands, -1 where the file lacks it.
type layout struct {
	at    [cells]int
	width int // fields of a row
}

// readLayout takes a header line apart. A column expert_pair holds "i,j" without
// quotes, so that a row has one field more than the header.
func readLayout(line string) layout {
	var l layout
	for i := range l.at {
		l.at[i] = -1
	}
	for head := range strings.SplitSeq(strings.TrimPrefix(line, "\ufeff"), ",") {
		head = strings.ToLower(strings.Trim(head, " \t\r\n\"'"))
		if head == "expert_pair" {
			l.at[expertACol], l.at[expertBCol] = l.width, l.width+1
			l.width += 2
			continue
		}
		if c, ok := meaning(head); ok && l.at[c] < 0 {
			l.at[c] = l.width
		}
		l.width++
	}
	return l
}

func (l layout) has(wanted ...cell) bool {
	for _, c := range wanted {
		if l.at[c] < 0 {
			return false
		}
	}
	return true
}

// form names the shape of a file, "" when it is none of ours.
func (l layout) form() form {
	switch {
	case l.has(expertACol, expertBCol, countCol):
		return coselectionForm
	case l.has(expertCol, nextExpertCol, countCol):
		return affinityForm
	case l.has(stepCol, expertCol, countCol):
		return stepsForm
	case l.has(expertCol, countCol) && !l.has(weightCol):
		return activationsForm
	case l.has(expertCol, weightCol):
		return weightsForm
	case l.has(expertCol, weightSumCol):
		return weightSumsForm
	case l.has(stepCol, stepsCol, secondsCol, tokensCol):
		return stepTimesForm
	case l.has(binMinCol, binMaxCol, countCol):
		return weightBinsForm
	case l.has(layerCol, expertCol) && l.width == 2:
		return choicesForm
	case l.has(secondsCol) && (l.has(deviationCol) || l.has(maxMinRatioCol)):
		return imbalanceForm
	}
	return ""
}
