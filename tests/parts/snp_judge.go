// snp_judge.go - another implementation's word on SNP reports, for evidence_differential.py: reads lines
// "HEX-REPORT UNIX-TIME VEK.der ICA.der ROOT.der" and answers "ok" or "no REASON". The roots are AMD's, which it
// has built in; debug and migration are refused as our baseline does. Built by differential_setup.sh, never by the project.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-sev-guest/abi"
	spb "github.com/google/go-sev-guest/proto/sevsnp"
	"github.com/google/go-sev-guest/verify"
)

func judge(words []string) error {
	report, err := hex.DecodeString(words[0])
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return err
	}
	parsed, err := abi.ReportToProto(report)
	if err != nil {
		return err
	}
	var der [3][]byte
	for i := range der {
		if der[i], err = os.ReadFile(words[2+i]); err != nil {
			return err
		}
	}
	policy, err := abi.ParseSnpPolicy(parsed.GetPolicy())
	if err != nil {
		return err
	}
	if policy.Debug || policy.MigrateMA {
		return fmt.Errorf("debug or migration")
	}
	chain := &spb.CertificateChain{AskCert: der[1], ArkCert: der[2]}
	signer, err := abi.ParseSignerInfo(parsed.GetSignerInfo())
	if err != nil {
		return err
	}
	if signer.SigningKey == abi.VlekReportSigner {
		chain.VlekCert = der[0]
	} else {
		chain.VcekCert = der[0]
	}
	options := &verify.Options{DisableCertFetching: true, Now: time.Unix(seconds, 0)}
	if parsed.GetVersion() < 3 && len(words) > 5 {
		options.Product = &spb.SevProduct{Name: spb.SevProduct_SevProductName(spb.SevProduct_SevProductName_value[words[5]])}
	}
	return verify.SnpAttestation(&spb.Attestation{Report: parsed, CertificateChain: chain}, options)
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<20)
	for in.Scan() {
		words := strings.Fields(in.Text())
		if err := judge(words); err != nil {
			fmt.Println("no", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}
