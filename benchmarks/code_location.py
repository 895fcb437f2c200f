"""Seconds to load the code location, against dagster alone. `python -m benchmarks.code_location`"""

from benchmarks.measure import measure


def main() -> None:
    bare = min(measure("-c", "import dagster").seconds for _ in range(5))
    ours = min(measure("-c", "import retail_assets.definitions as d; d.defs()").seconds for _ in range(5))
    print(f"dagster alone {bare:.2f} s, the code location {ours:.2f} s, ratio {ours / bare:.2f}")


if __name__ == "__main__":
    main()
