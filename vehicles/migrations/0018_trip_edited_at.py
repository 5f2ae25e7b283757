from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0017_app_grants")]

    operations = [
        migrations.AddField(
            model_name="trip",
            name="edited_at",
            field=models.DateTimeField(
                help_text="last change of its tag, note, beginning or end by its driver", null=True
            ),
        ),
    ]
