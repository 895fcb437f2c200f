"""The dbt project of a platform: its manifest, once it agrees with what the flows declare."""

from collections.abc import Iterator

from retail_assets.audiences import AUDIENCES
from retail_assets.errors import ExplainedError
from retail_assets.platform import Platform
from retail_assets.warehouse.manifest import MARTS, Manifest, read_manifest


class MartsDisagree(ExplainedError):
    """What flows name as marts is not what dbt and Python make; each sentence says which file to change."""


def manifest_of(platform: Platform) -> Manifest:
    """The manifest of a platform's dbt project, with data tests where they can run.

    Raises NoManifest, MartsDisagree or ThirdRun.
    """
    manifest = read_manifest(platform.settings.dbt_project_dir)
    wrong = list(_disagreements(platform, manifest))
    if wrong:
        raise MartsDisagree(" ".join(wrong))
    return manifest.tests_at_the_end(manifest.before_python(platform.tables))


def _disagreements(platform: Platform, manifest: Manifest) -> Iterator[str]:
    built = {model.name: model for model in manifest.models.values() if model.layer == MARTS}
    published = {table.name for table in platform.tables.values() if table.published}
    folder = platform.settings.dbt_project_dir.name
    for flow in platform.flows:
        for mart in flow.marts:
            if mart.audience not in AUDIENCES:
                yield (
                    f"Mart {mart.name} of the flow {flow.name} is for {mart.audience}, who are not among AUDIENCES: "
                    "add them in retail_assets/audiences.py."
                )
            if mart.row_files and mart.audience.per:
                yield (
                    f"Mart {mart.name} of the flow {flow.name} puts files of its rows where all {mart.audience} would "
                    "read them: name an audience with one place for all, or take row_files out."
                )
            if mart.name not in built.keys() | published:
                yield (
                    f"Mart {mart.name} of the flow {flow.name} is made by nobody: write "
                    f"{folder}/models/marts/{flow.name}/{mart.name}.sql, let a LakeTable be published=True, or take it "
                    "out of the marts in the flow's flow.py; then run `make setup`."
                )
    for name in sorted(built.keys() - platform.marts.keys()):
        yield (
            f'{folder}/{built[name].file} is a mart of no flow: add Mart("{name}") to the marts in the flow.py of '
            f"{built[name].flow}, or move the model to another layer."
        )
    for name in sorted(published - platform.marts.keys()):
        yield (
            f'The published table {name} is a mart of no flow: add Mart("{name}") with its audience to the marts in '
            "its flow's flow.py, or leave published=True out."
        )
