"""The last net of tenancy: a quote and a license are there for their union and their buyer, evidence for its member too."""

from django.db import migrations

from dimo.tenant_rows import OF_UNION, PERSON, of_person, private, published

SEATED = f"SELECT s.organization_id FROM licensing_organizationseat s WHERE s.user_id = {PERSON}"  # noqa: S608 - constants alone
OF_BUYER = f"organization_id IN ({SEATED})"
HELD = f"SELECT c.license_id FROM licensing_contribution c WHERE c.member_id = {PERSON}"  # noqa: S608 - constants alone
OF_CONTRIBUTOR = f"id IN ({HELD})"
SOLD = "id IN (SELECT l.quote_id FROM licensing_license l)"  # to whom its license is there
OF_LICENSE = "license_id IN (SELECT l.id FROM licensing_license l)"  # as far as the license is there


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0003_quote_keeps_the_protocol_fee"),
        ("unions", "0004_row_level_security"),
    ]

    operations = [
        migrations.RunSQL(*published("licensing_offer", OF_UNION)),
        migrations.RunSQL(*private("licensing_quote", OF_UNION, OF_BUYER, SOLD)),
        migrations.RunSQL(*private("licensing_license", OF_UNION, OF_BUYER, OF_CONTRIBUTOR)),
        migrations.RunSQL(*private("licensing_dataset", OF_LICENSE)),
        migrations.RunSQL(*private("licensing_contribution", OF_UNION, of_person("member_id"))),
    ]
