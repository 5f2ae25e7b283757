from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("licensing", "0002_guards")]
    operations = [
        migrations.AddField(
            model_name="quote",
            name="protocol_fee_bps",
            field=models.PositiveIntegerField(default=200, help_text="as it stood when the quote was given"),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.CheckConstraint(
                condition=models.Q(("protocol_fee_bps__lte", 500)), name="the_protocol_takes_at_most_5_percent"
            ),
        ),
    ]
