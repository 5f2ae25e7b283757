from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0021_access_log_by_month")]
    operations = [
        migrations.AddField(
            model_name="trip",
            name="celsius",
            field=models.FloatField(help_text="mean of the air outside, where it was told", null=True),
        )
    ]
