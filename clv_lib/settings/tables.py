"""``[tables]``: where the tables of the customer record are, and how their text is written."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from clv_lib.settings.sections import Section, known_timezone


class TableSection(Section):
    """Where one table is and how its text is written; what is not stated is sniffed and reported."""

    path: str = Field(
        min_length=1, description="file or glob below the dataset's folder (or package), or a table of the engine"
    )
    package: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$",
        description="installed Python package that holds the file; path is then below its folder",
    )
    sheet: str | None = Field(None, description="sheet of an Excel workbook; default: the only one")
    columns: dict[str, str] = Field(default_factory=dict, description="our name = the name in the file")
    constants: dict[str, str | float | bool] = Field(
        default_factory=dict, description="our name = one value for every row, where the file has no such column"
    )
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="our name = {their word = ours}, as in kind = {tiket = 'ticket'}"
    )
    date_format: str | None = Field(None, description="strptime pattern of the dates, as in '%Y%m%d'")
    timezone: Annotated[str, AfterValidator(known_timezone)] | None = Field(
        None, description="where the clock times without offset were read; default: dataset.timezone"
    )
    delimiter: Annotated[str, StringConstraints(strip_whitespace=False)] | None = Field(  # a tab is one
        None, min_length=1, max_length=4, description="what stands between fields; default: found in the header"
    )
    encoding: str | None = Field(None, description="'utf-8', 'utf-16' or 'latin-1'; others by their IANA name")
    decimal: Literal[".", ","] | None = Field(None, description="decimal mark; default: found in the whole column")
    thousands: Literal[".", ",", " ", "'"] | None = Field(None, description="thousands mark; default: likewise")


class TablesSection(Section):
    """The tables of the customer record; only the transactions must be there."""

    transactions: TableSection
    customers: TableSection | None = None
    products: TableSection | None = None
    merges: TableSection | None = None
    fx_rates: TableSection | None = None
    costs: TableSection | None = None
    allocations: TableSection | None = None
    interactions: TableSection | None = None
    campaigns: TableSection | None = None
    campaign_members: TableSection | None = None
    feedback: TableSection | None = None
    value_survey: TableSection | None = None
    referrals: TableSection | None = None
    subscriptions: TableSection | None = None

    @property
    def given(self) -> dict[str, TableSection]:
        """The tables that the dataset has, by name."""
        return {name: table for name in type(self).model_fields if (table := getattr(self, name)) is not None}
