"""``python -m bench [NAME...]``: run the benchmarks; exit 1 when a limit is broken.

Machines are shared and noisy: a limit broken once is a reason to run it again, broken twice a reason to look.
"""

from __future__ import annotations

import sys

from bench.audit import bench_audit
from bench.collect import bench_collect
from bench.detect import bench_detect
from bench.detect_quality import bench_detect_quality
from bench.kin import bench_kin
from bench.linking import bench_link
from bench.match import bench_match
from bench.nowcast import bench_nowcast
from bench.plans import bench_plans
from bench.printing import bench_printing
from bench.questions import bench_city, bench_county, bench_form
from bench.scan import bench_scan
from bench.watch import bench_watch
from bench.web import bench_web

BENCHMARKS = {
    "form": bench_form,
    "county": bench_county,
    "city": bench_city,
    "collect": bench_collect,
    "match": bench_match,
    "kin": bench_kin,
    "link": bench_link,
    "audit": bench_audit,
    "plans": bench_plans,
    "printing": bench_printing,
    "detect": bench_detect,
    "detect-quality": bench_detect_quality,
    "scan": bench_scan,
    "nowcast": bench_nowcast,
    "watch": bench_watch,
    "web": bench_web,
}


def main(names: list[str]) -> int:
    """Run those named, or all."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    results = [BENCHMARKS[name]() for name in names or BENCHMARKS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
