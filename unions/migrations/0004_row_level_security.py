"""The last net of tenancy: without a scope that reaches them, members, consent and seats are not there."""

from django.db import migrations

from dimo.tenant_rows import IN_ITS_NAME, OF_UNION, of_person, private, published


class Migration(migrations.Migration):
    dependencies = [("unions", "0003_guards")]

    operations = [
        # Whoever decides who may do what reads seats, the policies of other tables among them.
        migrations.RunSQL(*published("unions_seat", IN_ITS_NAME)),
        migrations.RunSQL(*private("unions_membership", OF_UNION, of_person("member_id"))),
        migrations.RunSQL(*private("unions_consentevent", OF_UNION, of_person("member_id"))),
        migrations.RunSQL(*published("unions_policyversion", OF_UNION)),
        migrations.RunSQL(*published("unions_terms", OF_UNION)),
    ]
