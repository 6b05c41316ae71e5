package traffic

import (
	"context"
	"fmt"
	"net/http"
)

// StartCUDAProfile starts SGLang's profiler as the one that calls cudaProfilerStart;
// without a word it would trace with PyTorch. Its errors are those of StartProfile.
func (c *Client) StartCUDAProfile(ctx context.Context) error {
	status, body, err := c.ask(ctx, http.MethodPost, "/start_profile", []byte(`{"activities":["CUDA_PROFILER"]}`))
	switch {
	case err != nil:
		return fmt.Errorf("asking %s for /start_profile: %w", c.base, err)
	case status == http.StatusNotFound:
		return c.NoProfiler()
	case status != http.StatusOK:
		return fmt.Errorf("asking %s for /start_profile: %w", c.base, refusal(status, body))
	}
	return nil
}
