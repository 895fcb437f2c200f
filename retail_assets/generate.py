"""`make dictionary`: writes again what is generated from declarations: dbt's sources and the data dictionary."""

from retail_assets.config import Settings
from retail_assets.flows import platform_of
from retail_assets.initialise import parse_dbt_project
from retail_assets.warehouse.dictionary import write_dictionary
from retail_assets.warehouse.manifest import read_manifest
from retail_assets.warehouse.sources import write_generated


def main() -> None:
    platform = platform_of(Settings())
    write_generated(platform)
    parse_dbt_project(platform)
    write_dictionary(platform, read_manifest(platform.settings.dbt_project_dir))


if __name__ == "__main__":
    main()
