package cubin

// InstructionSize is the size of an instruction in bytes, of compute capability 7.0
// and later.
const InstructionSize = 16

// Opcode returns the name of the instruction at an offset in bytes, without modifiers
// and operands: "LDG". It is "" for an instruction that is not known, and behind the
// code. The numbers are those that cuobjdump prints beside the instructions of compute
// capability 7.5, 8.0, 9.0 and 10.0, the same in all of them; the operands' form is in
// the three bits above.
func (f *Function) Opcode(offset uint64) string {
	const numbers = 1<<9 - 1
	if offset%InstructionSize != 0 || offset+InstructionSize > uint64(len(f.Code)) || offset+InstructionSize < offset {
		return ""
	}
	return opcodeName((uint16(f.Code[offset]) | uint16(f.Code[offset+1])<<8) & numbers)
}

func opcodeName(number uint16) string {
	switch number {
	case 0x002:
		return "MOV"
	case 0x003:
		return "P2R"
	case 0x004:
		return "R2P"
	case 0x005:
		return "CS2R"
	case 0x006:
		return "VOTE"
	case 0x007:
		return "SEL"
	case 0x008:
		return "FSEL"
	case 0x009:
		return "FMNMX"
	case 0x00a:
		return "FSET"
	case 0x00b:
		return "FSETP"
	case 0x00c:
		return "ISETP"
	case 0x00f:
		return "VIMNMX3"
	case 0x010:
		return "IADD3"
	case 0x011:
		return "LEA"
	case 0x012:
		return "LOP3"
	case 0x013:
		return "IABS"
	case 0x016:
		return "PRMT"
	case 0x017:
		return "IMNMX"
	case 0x019:
		return "SHF"
	case 0x01c:
		return "PLOP3"
	case 0x020:
		return "FMUL"
	case 0x021:
		return "FADD"
	case 0x023:
		return "FFMA"
	case 0x024, 0x025, 0x027:
		return "IMAD"
	case 0x026:
		return "IDP"
	case 0x028:
		return "DMUL"
	case 0x029:
		return "DADD"
	case 0x02a:
		return "DSETP"
	case 0x02b:
		return "DFMA"
	case 0x02d:
		return "PREEXIT"
	case 0x02e:
		return "ACQBULK"
	case 0x030:
		return "HADD2"
	case 0x031, 0x035:
		return "HFMA2"
	case 0x032:
		return "HMUL2"
	case 0x033:
		return "HSET2"
	case 0x034:
		return "HSETP2"
	case 0x036:
		return "VIADD"
	case 0x03a:
		return "MOVM"
	case 0x03b:
		return "LDSM"
	case 0x03c:
		return "HMMA"
	case 0x03e:
		return "F2FP"
	case 0x03f:
		return "DMMA"
	case 0x045:
		return "I2FP"
	case 0x046:
		return "VIADDMNMX"
	case 0x048:
		return "VIMNMX"
	case 0x076:
		return "FMNMX3"
	case 0x082:
		return "UMOV"
	case 0x086:
		return "VOTEU"
	case 0x087:
		return "USEL"
	case 0x08c:
		return "UISETP"
	case 0x090:
		return "UIADD3"
	case 0x091:
		return "ULEA"
	case 0x092:
		return "ULOP3"
	case 0x096:
		return "UPRMT"
	case 0x099:
		return "USHF"
	case 0x09c:
		return "UPLOP3"
	case 0x0a4, 0x0a5:
		return "UIMAD"
	case 0x0b9, 0x0bb:
		return "ULDC"
	case 0x0bd:
		return "UFLO"
	case 0x0bf:
		return "UPOPC"
	case 0x0ca, 0x1c2:
		return "R2UR"
	case 0x0cc:
		return "CREDUX"
	case 0x100:
		return "FLO"
	case 0x101:
		return "BREV"
	case 0x102:
		return "FCHK"
	case 0x104, 0x110:
		return "F2F"
	case 0x105, 0x111:
		return "F2I"
	case 0x106, 0x112:
		return "I2F"
	case 0x107, 0x113:
		return "FRND"
	case 0x108:
		return "MUFU"
	case 0x109:
		return "POPC"
	case 0x118:
		return "NOP"
	case 0x119:
		return "S2R"
	case 0x11a:
		return "DEPBAR"
	case 0x11b:
		return "ENDCOLLECTIVE"
	case 0x11c:
		return "B2R"
	case 0x11d:
		return "BAR"
	case 0x141:
		return "BSYNC"
	case 0x142:
		return "BREAK"
	case 0x144:
		return "CALL"
	case 0x145:
		return "BSSY"
	case 0x146:
		return "YIELD"
	case 0x147:
		return "BRA"
	case 0x148:
		return "WARPSYNC"
	case 0x149:
		return "BRX"
	case 0x14d:
		return "EXIT"
	case 0x150:
		return "RET"
	case 0x155:
		return "BMOV"
	case 0x158:
		return "BRXU"
	case 0x17e, 0x181:
		return "LDG"
	case 0x17f, 0x186:
		return "STG"
	case 0x180:
		return "LD"
	case 0x182:
		return "LDC"
	case 0x183:
		return "LDL"
	case 0x184:
		return "LDS"
	case 0x185:
		return "ST"
	case 0x187:
		return "STL"
	case 0x188:
		return "STS"
	case 0x189:
		return "SHFL"
	case 0x18a, 0x18b, 0x1a2:
		return "ATOM"
	case 0x18c, 0x18d:
		return "ATOMS"
	case 0x18e:
		return "RED"
	case 0x18f:
		return "CCTL"
	case 0x192:
		return "MEMBAR"
	case 0x1a1:
		return "MATCH"
	case 0x1a6:
		return "REDG"
	case 0x1a8, 0x1a9:
		return "ATOMG"
	case 0x1aa:
		return "QSPC"
	case 0x1ab:
		return "ERRBAR"
	case 0x1ac:
		return "LDCU"
	case 0x1ae:
		return "LDGSTS"
	case 0x1af:
		return "LDGDEPBAR"
	case 0x1c3:
		return "S2UR"
	case 0x1c4:
		return "REDUX"
	}
	return ""
}
